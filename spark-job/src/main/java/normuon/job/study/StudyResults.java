package normuon.job.study;

import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** The runs of a study that have ended, and what they say of those that are still to come. */
final class StudyResults {

  private final Study study;
  private final Map<Point, PointResult> results = new HashMap<>();

  StudyResults(Study study) {
    this.study = study;
  }

  Study study() {
    return study;
  }

  void add(Point point, PointResult result) {
    results.put(point, result);
  }

  PointResult of(Point point) {
    return results.get(point);
  }

  int size() {
    return results.size();
  }

  /**
   * The next run that has not ended: the sweep comes first, then the seeds of the best learning
   * rates, as far as those are known.
   */
  Optional<Point> nextMissing() {
    Optional<Point> ofSweep = firstMissing(study.sweep());
    return ofSweep.isPresent()
        ? ofSweep
        : firstMissing(
            study.rules().stream().flatMap(rule -> best(rule).stream()).flatMap(study::repeated));
  }

  /** The run of a rule's sweep with the lowest final loss; empty if every one diverged. */
  Optional<Point> best(Rule rule) {
    return study
        .sweep(rule)
        .filter(point -> of(point).finalLoss().isPresent())
        .min(Comparator.comparingDouble(point -> of(point).finalLoss().getAsDouble()));
  }

  private Optional<Point> firstMissing(Stream<Point> points) {
    return points.filter(point -> !results.containsKey(point)).findFirst();
  }
}
