package normuon.job.config;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.Serializable;
import java.util.Objects;

/**
 * A whole number, or the word {@code preset}: what {@code optimizer.form} chooses.
 *
 * @param number the number; null for {@code preset}
 */
public record IntegerOrPreset(Integer number) implements Serializable {

  /** The value as {@link ConfigurationKey#accept} gives it. */
  @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
  static IntegerOrPreset of(JsonNode value) {
    return new IntegerOrPreset(value.isNumber() ? value.intValue() : null);
  }

  @JsonValue
  Object written() {
    return Objects.requireNonNullElse(number, DoubleOrPreset.PRESET);
  }

  /** The number, or that of the preset. */
  public int orElse(int preset) {
    return number == null ? preset : number;
  }
}
