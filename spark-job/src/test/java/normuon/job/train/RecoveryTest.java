package normuon.job.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import normuon.job.config.RecoverySettings;
import normuon.job.report.RunStoppedException;
import org.junit.jupiter.api.Test;

class RecoveryTest {

  private static final int WANTED = 3;

  /** How many slots Spark has each time it is asked; the last number stays. */
  private final Deque<Integer> slots = new ArrayDeque<>();

  @Test
  void aRunThatHasItsSlotsGoesOnAsItIs() {
    Recovery recovery = recovery(new RecoverySettings(2, 0, 0, 0, 1), 4);

    assertThat(recovery.ranks()).as("more slots than ranks").isEqualTo(WANTED);
    assertThat(recovery.ranks()).isEqualTo(WANTED);
    assertThat(recovery.change()).isEmpty();
  }

  @Test
  void slotsThatAreOnTheirWayAreWaitedFor() {
    Recovery recovery = recovery(new RecoverySettings(2, 0, 60, 1, 1), 2, 2, 2, 3);

    recovery.failed(new AttemptFailedException("rank 1 was lost", null), 40);

    assertThat(recovery.ranks()).isEqualTo(WANTED);
    assertThat(recovery.change()).contains("rank 1 was lost");
    assertThat(recovery.change()).as("told once").isEmpty();
  }

  @Test
  void aRunThatMayShrinkGoesOnWithWhatThereIsAndGrowsAgain() {
    Recovery recovery = recovery(new RecoverySettings(2, 0, 0, 1, 1), 1);

    assertThat(recovery.ranks()).isEqualTo(1);
    assertThat(recovery.change()).contains("there are 1 task slots");
    slots.add(2);
    slots.remove();
    assertThat(recovery.ranks()).as("one has come back").isEqualTo(2);
    slots.add(3);
    slots.remove();
    assertThat(recovery.ranks()).isEqualTo(WANTED);
    assertThat(recovery.change()).isPresent();
  }

  @Test
  void wholeGroupsGoOn() {
    Recovery recovery = inGroups(2, new RecoverySettings(2, 0, 0, 2, 1), 3);

    assertThat(recovery.ranks()).as("one of three has no partner").isEqualTo(2);
    slots.add(1);
    slots.remove();
    assertThatThrownBy(recovery::ranks)
        .isInstanceOf(RunStoppedException.class)
        .hasMessageStartingWith("Cannot go on with 1 task slots");
  }

  @Test
  void withoutItsRanksARunEndsAndNamesTheKeys() {
    Recovery recovery = recovery(new RecoverySettings(2, 0, 0, 0, 1), 2);

    assertThatThrownBy(recovery::ranks)
        .isInstanceOf(RunStoppedException.class)
        .hasMessage(
            "Cannot go on with 2 task slots after recovery.slot_wait_seconds 0: train.ranks 3 needs"
                + " at least 3 (recovery.minimum_ranks 0)");
  }

  @Test
  void failuresInARowEndTheRunUnlessACheckpointLiesBetween() {
    Recovery recovery = recovery(new RecoverySettings(2, 0, 0, 0, 1), 3);
    AttemptFailedException failure = new AttemptFailedException("rank 1 was lost", null);

    recovery.failed(failure, 40);
    recovery.committed();
    recovery.failed(failure, 60);

    assertThatThrownBy(() -> recovery.failed(failure, 60))
        .isInstanceOf(RunStoppedException.class)
        .hasMessage("Cannot go on after step 60, recovery.attempts 2: rank 1 was lost");
  }

  @Test
  void thePauseDoubles() {
    Recovery recovery = recovery(new RecoverySettings(9, 0.02, 0, 0, 1), 3);

    assertThat(List.of(pause(recovery), pause(recovery), pause(recovery), pause(recovery)))
        .satisfiesExactly(
            pause -> assertThat(pause).isGreaterThanOrEqualTo(Duration.ofMillis(20)),
            pause -> assertThat(pause).isGreaterThanOrEqualTo(Duration.ofMillis(40)),
            pause -> assertThat(pause).isGreaterThanOrEqualTo(Duration.ofMillis(80)),
            pause -> assertThat(pause).isGreaterThanOrEqualTo(Duration.ofMillis(160)));
  }

  private static Duration pause(Recovery recovery) {
    long start = System.nanoTime();
    recovery.failed(new AttemptFailedException("", null), 0);
    return Duration.ofNanos(System.nanoTime() - start);
  }

  private Recovery recovery(RecoverySettings settings, Integer... counts) {
    return inGroups(1, settings, counts);
  }

  private Recovery inGroups(int unit, RecoverySettings settings, Integer... counts) {
    slots.addAll(List.of(counts));
    return new Recovery(
        settings,
        new RankRange(WANTED, settings.fewestRanks(WANTED), unit),
        new Slots(() -> slots.size() > 1 ? slots.remove() : slots.element()));
  }
}
