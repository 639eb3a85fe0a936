package normuon.job.bench;

import java.util.ArrayList;
import java.util.List;

/** How long the same work took, time after time, in milliseconds. */
final class Timings {

  private final List<Double> milliseconds = new ArrayList<>();

  /** Does the work once and notes its time. */
  void measure(Runnable work) {
    long start = System.nanoTime();
    work.run();
    milliseconds.add((System.nanoTime() - start) / 1e6);
  }

  double median() {
    return median(milliseconds);
  }

  /** The median of the ratios to work that was done in turns with this. */
  double medianRatioTo(Timings other) {
    List<Double> ratios = new ArrayList<>();
    for (int i = 0; i < milliseconds.size(); i++) {
      ratios.add(milliseconds.get(i) / other.milliseconds.get(i));
    }
    return median(ratios);
  }

  private static double median(List<Double> values) {
    List<Double> sorted = values.stream().sorted().toList();
    int size = sorted.size();
    return (sorted.get((size - 1) / 2) + sorted.get(size / 2)) / 2;
  }
}
