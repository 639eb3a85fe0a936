package normuon.job.charts;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The numbers of every training step by their names in {@code metrics.jsonl}, in columns. */
final class StepTable {

  private static final int FIRST_CAPACITY = 1024;

  private double[] steps = new double[FIRST_CAPACITY];
  private final Map<String, double[]> columns = new LinkedHashMap<>();
  private int size;

  /** Adds a step's line; a step that was there before is made again, and what came after it. */
  void add(JsonNode line) {
    int step = line.path("step").asInt();
    forgetFrom(step);
    if (size == steps.length) {
      grow();
    }
    steps[size] = step;
    columns.values().forEach(column -> column[size] = Double.NaN);
    line.fields()
        .forEachRemaining(
            field -> {
              if (field.getValue().isNumber() && !field.getKey().equals("step")) {
                column(field.getKey())[size] = field.getValue().doubleValue();
              }
            });
    size++;
  }

  /** Forgets a step and those after it. */
  void forgetFrom(int step) {
    if (size > 0 && steps[size - 1] >= step) {
      int place = Arrays.binarySearch(steps, 0, size, step);
      size = place >= 0 ? place : -place - 1;
    }
  }

  int size() {
    return size;
  }

  /** The last step; 0 if there is none. */
  int lastStep() {
    return size == 0 ? 0 : (int) steps[size - 1];
  }

  /** The names of the columns in the order of their first lines. */
  List<String> names() {
    return List.copyOf(columns.keySet());
  }

  /** A column; every value is NaN if no line has it. */
  Series series(String name) {
    double[] values = columns.get(name);
    if (values == null) {
      values = new double[size];
      Arrays.fill(values, Double.NaN);
    }
    return new Series(Arrays.copyOf(steps, size), Arrays.copyOf(values, size));
  }

  private double[] column(String name) {
    return columns.computeIfAbsent(
        name,
        missing -> {
          double[] column = new double[steps.length];
          Arrays.fill(column, Double.NaN);
          return column;
        });
  }

  private void grow() {
    steps = Arrays.copyOf(steps, 2 * size);
    columns.replaceAll((name, column) -> Arrays.copyOf(column, 2 * size));
  }
}
