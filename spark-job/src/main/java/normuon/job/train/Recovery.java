package normuon.job.train;

import java.time.Duration;
import java.util.Optional;
import normuon.job.config.RecoverySettings;
import normuon.job.report.RunStoppedException;
import normuon.job.report.Status;

/**
 * Decides whether a run goes on after a failure, when, and on how many ranks. Failures are counted
 * in a row: a committed checkpoint forgives those before it.
 */
final class Recovery {

  private static final Duration LONGEST_PAUSE = Duration.ofMinutes(1);

  private final RecoverySettings settings;
  private final RankRange range;
  private final Slots slots;
  private int ranks;
  private int failures;
  private String change = "";

  /**
   * Creates the recovery of a run.
   *
   * @param range how many ranks it may have
   * @param slots what Spark can run
   */
  Recovery(RecoverySettings settings, RankRange range, Slots slots) {
    this.settings = settings;
    this.range = range;
    this.slots = slots;
    this.ranks = range.wanted();
  }

  /**
   * How many ranks the next segment has. After a failure, or when slots have gone, this waits for
   * as many as are wanted; a run that goes on with fewer takes more as soon as they are there.
   *
   * @throws RunStoppedException if there are fewer slots than the run may go on with
   */
  int ranks() {
    int found = slots.now();
    if (found < ranks) {
      found = slots.await(range.wanted(), Duration.ofSeconds(settings.slotWaitSeconds()));
    }
    int usable = range.usable(found);
    if (usable < range.fewest()) {
      throw new RunStoppedException(
          Status.RETRYABLE,
          "Cannot go on with %d task slots after recovery.slot_wait_seconds %d: train.ranks %d needs at least %d (recovery.minimum_ranks %d)"
              .formatted(
                  found,
                  settings.slotWaitSeconds(),
                  range.wanted(),
                  range.fewest(),
                  settings.minimumRanks()));
    }
    int before = ranks;
    ranks = usable;
    if (ranks != before && change.isEmpty()) {
      change = "there are %d task slots".formatted(found);
    }
    return ranks;
  }

  /** Why the segment that {@link #ranks} was last asked for is not like the one before it. */
  Optional<String> change() {
    Optional<String> told = change.isEmpty() ? Optional.empty() : Optional.of(change);
    change = "";
    return told;
  }

  /** A checkpoint is committed. */
  void committed() {
    failures = 0;
  }

  /**
   * An attempt has failed; returns when the next one may begin.
   *
   * @param step the last one before it
   * @throws RunStoppedException if it was the last attempt
   */
  void failed(AttemptFailedException failure, long step) {
    failures++;
    if (failures >= settings.attempts()) {
      throw new RunStoppedException(
          Status.RETRYABLE,
          "Cannot go on after step %d, recovery.attempts %d: %s"
              .formatted(step, settings.attempts(), failure.getMessage()),
          failure);
    }
    change = failure.getMessage();
    ranks = range.wanted();
    double seconds = settings.backoffSeconds() * Math.pow(2, failures - 1.0);
    pause(Duration.ofMillis((long) Math.min(seconds * 1000, LONGEST_PAUSE.toMillis())));
  }

  /** Notices, as a wait for slots does, that Spark is being stopped. */
  private void pause(Duration pause) {
    slots.await(Integer.MAX_VALUE, pause);
  }
}
