package normuon.job.ui;

import java.util.ArrayList;
import java.util.List;

/**
 * A loss by steps in bounded memory: each point is the mean of equally many losses, and when there
 * are too many points, each two become one.
 */
final class LossCurve {

  private final int capacity;
  private final List<Point> points = new ArrayList<>();
  private int lossesPerPoint = 1;
  private double sum;
  private int count;
  private int lastStep;

  /**
   * A point of the curve.
   *
   * @param step the last of the steps that it stands for
   * @param loss the mean of their losses
   */
  record Point(int step, double loss) {}

  /**
   * Creates an empty curve.
   *
   * @param capacity the most points it keeps; an even number
   */
  LossCurve(int capacity) {
    this.capacity = capacity;
  }

  /**
   * Adds the loss of a step, unless it is not finite. A step that was there before is made again,
   * after a recovery say: it and what came after it are forgotten.
   */
  void add(int step, double loss) {
    if (step <= lastStep) {
      forgetFrom(step);
    }
    if (!Double.isFinite(loss)) {
      return;
    }
    lastStep = step;
    sum += loss;
    count++;
    if (count == lossesPerPoint) {
      points.add(unfinished());
      startPoint();
      if (points.size() == capacity) {
        halve();
      }
    }
  }

  /** The points in the order of their steps; the last may stand for fewer losses. */
  List<Point> points() {
    List<Point> all = new ArrayList<>(points);
    if (count > 0) {
      all.add(unfinished());
    }
    return all;
  }

  private void forgetFrom(int step) {
    points.removeIf(point -> point.step >= step);
    startPoint();
  }

  private void halve() {
    List<Point> pairs = new ArrayList<>();
    for (int first = 0; first < points.size(); first += 2) {
      Point second = points.get(first + 1);
      pairs.add(new Point(second.step, (points.get(first).loss + second.loss) / 2));
    }
    points.clear();
    points.addAll(pairs);
    lossesPerPoint *= 2;
  }

  private Point unfinished() {
    return new Point(lastStep, sum / count);
  }

  private void startPoint() {
    sum = 0;
    count = 0;
  }
}
