package normuon.job.train;

import java.util.Locale;
import java.util.function.Supplier;

/** What a rank is at, for the message if it fails. */
final class Activity {

  /** Where a rank waits for the checkpoint it goes on from, and reads it. */
  static final String RESTORE = "restore";

  /** Where a shard that was written beside the steps is found to have failed. */
  static final String WRITE_CHECKPOINT = "write checkpoint";

  private long step;
  private Supplier<String> phase;

  /** Begins with connecting to the other ranks. */
  Activity(long step) {
    begin(step, "connect");
  }

  /** From now on the rank does something for a step that is no phase of training it. */
  void begin(long step, String phase) {
    this.step = step;
    this.phase = () -> phase;
  }

  /** From now on the rank trains a step. */
  void train(long step, PhaseClock clock) {
    this.step = step;
    this.phase = () -> clock.running().name().toLowerCase(Locale.ROOT);
  }

  long step() {
    return step;
  }

  String phase() {
    return phase.get();
  }
}
