package normuon.job.train;

import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * All that the driver knows of why an attempt failed. The failure of one rank makes all others
 * fail, so it names the one that came first, and says of a rank that could not tell what the others
 * saw.
 *
 * @param reports what ranks told, in the order in which it arrived
 * @param lost ranks whose executors ended under them
 * @param stuck ranks that did not stop when the others had failed; their executors are lost after
 *     that
 */
record AttemptFailure(List<RankFailure> reports, List<LostRank> lost, List<RankPlace> stuck) {

  /**
   * The first failure in one line.
   *
   * @param logs where the log of an executor is, by its number; empty if that is not known
   * @param unknown what to say if nothing is known of any rank
   */
  String describe(UnaryOperator<String> logs, String unknown) {
    Optional<RankFailure> cause = report(RankFailure.Part.CAUSE);
    if (cause.isPresent()) {
      return cause.get() + log(logs, cause.get().executorId());
    }
    Optional<LostRank> vanished =
        lost.stream().filter(rank -> !stuck.contains(rank.place())).findFirst();
    if (vanished.isPresent()) {
      RankPlace place = vanished.get().place();
      return "%s was lost%s: %s%s"
          .formatted(place, where(), vanished.get().reason(), log(logs, place.executorId()));
    }
    if (!stuck.isEmpty()) {
      RankPlace first = stuck.get(0);
      return "%s fell silent%s, and did not stop%s%s"
          .formatted(first, where(), witness(), log(logs, first.executorId()));
    }
    return report(RankFailure.Part.WITNESS)
        .or(() -> reports.stream().findFirst())
        .map(report -> report + log(logs, report.executorId()))
        .orElse(unknown);
  }

  private Optional<RankFailure> report(RankFailure.Part part) {
    return reports.stream().filter(report -> report.part() == part).findFirst();
  }

  /** What the others did when they noticed: they wait for each other in every step. */
  private String where() {
    return reports.stream()
        .findFirst()
        .map(report -> " in step %d, %s".formatted(report.step(), report.phase()))
        .orElse("");
  }

  private String witness() {
    return report(RankFailure.Part.WITNESS)
        .map(report -> "; rank %d: %s".formatted(report.rank(), report.cause()))
        .orElse("");
  }

  private static String log(UnaryOperator<String> logs, String executorId) {
    String log = logs.apply(executorId);
    return log.isEmpty() ? "" : "; its log: " + log;
  }
}
