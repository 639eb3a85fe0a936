package normuon.job.config;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.Serializable;
import java.util.Objects;

/**
 * A number, or the word {@code preset}: what {@code optimizer.form} chooses.
 *
 * @param number the number; null for {@code preset}
 */
public record DoubleOrPreset(Double number) implements Serializable {

  /** The word. */
  static final String PRESET = "preset";

  /** The value as {@link ConfigurationKey#accept} gives it. */
  @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
  static DoubleOrPreset of(JsonNode value) {
    return new DoubleOrPreset(value.isNumber() ? value.doubleValue() : null);
  }

  @JsonValue
  Object written() {
    return Objects.requireNonNullElse(number, PRESET);
  }

  /** The number, or that of the preset. */
  public double orElse(double preset) {
    return number == null ? preset : number;
  }
}
