package normuon.job.data;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.Locale;

/** How a source is read. */
public enum SourceFormat {
  /** Files of UTF-8 text. */
  @JsonProperty("text")
  TEXT,
  /** Parquet files with one document a row. */
  @JsonProperty("parquet")
  PARQUET;

  /** The name in the configuration. */
  String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
