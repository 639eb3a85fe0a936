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
  PARQUET,
  /** Files with one JSON object a line, each a document. */
  @JsonProperty("json")
  JSON,
  /** Files of UTF-8 text with one document a line. */
  @JsonProperty("lines")
  LINES,
  /** A Delta table. */
  @JsonProperty("delta")
  DELTA,
  /** An Iceberg table. */
  @JsonProperty("iceberg")
  ICEBERG,
  /** A table of Spark's catalog whose rows lie in files. */
  @JsonProperty("table")
  TABLE,
  /** Token shards, made elsewhere. */
  @JsonProperty("tokens")
  TOKENS;

  /** The name in the configuration. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
