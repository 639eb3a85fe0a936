package normuon.job.report;

import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import java.lang.reflect.RecordComponent;
import java.util.LinkedHashMap;
import java.util.Map;

/** The numbers of a public record under the names that they have in {@code metrics.jsonl}. */
public final class RecordFields {

  private static final SnakeCaseStrategy SNAKE_CASE = new SnakeCaseStrategy();

  private RecordFields() {}

  /** The numeric components of a record, and of records that it holds, by name, in order. */
  public static Map<String, Number> numbers(Record values) {
    Map<String, Number> numbers = new LinkedHashMap<>();
    for (RecordComponent component : values.getClass().getRecordComponents()) {
      Object value = value(component, values);
      if (value instanceof Number number) {
        numbers.put(SNAKE_CASE.translate(component.getName()), number);
      } else if (value instanceof Record held) {
        numbers.putAll(numbers(held));
      }
    }
    return numbers;
  }

  private static Object value(RecordComponent component, Record values) {
    try {
      return component.getAccessor().invoke(values);
    } catch (ReflectiveOperationException failed) {
      throw new IllegalArgumentException(
          "Cannot read " + component.getName() + " of " + values, failed);
    }
  }
}
