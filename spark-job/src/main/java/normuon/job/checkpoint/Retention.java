package normuon.job.checkpoint;

import java.util.List;

/**
 * Which checkpoints of a run stay: the last ones, and those of every n-th step.
 *
 * @param keepLast how many of the last ones stay; 0 for all
 * @param keepEverySteps the multiples of this step stay, too; 0 for none
 */
public record Retention(int keepLast, int keepEverySteps) {

  /**
   * The checkpoints that may go.
   *
   * @param committed the steps of the checkpoints, ascending
   */
  List<Long> superfluous(List<Long> committed) {
    int kept = keepLast == 0 ? committed.size() : Math.min(keepLast, committed.size());
    return committed.subList(0, committed.size() - kept).stream()
        .filter(step -> keepEverySteps == 0 || step % keepEverySteps != 0)
        .toList();
  }
}
