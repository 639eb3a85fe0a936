package normuon.job.data;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.Locale;

/** What tokens are for. */
public enum Split {
  /** The tokens that gradients come from. */
  @JsonProperty("train")
  TRAIN,
  /** The tokens that are only looked at to measure the model. */
  @JsonProperty("validation")
  VALIDATION;

  /** The name in files: {@code train} or {@code validation}. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
