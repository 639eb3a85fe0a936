package normuon.job.comm;

/** The collective operations that exchange messages. */
enum Operation {
  REDUCE_SCATTER("reduce-scatter"),
  ALL_REDUCE("all-reduce"),
  GATHER("gather"),
  BROADCAST("broadcast"),
  ALL_GATHER("all-gather"),
  GATHER_WEIGHTS("gather of weights"),
  SCATTER("scatter");

  private static final Operation[] VALUES = values();

  private final String label;

  Operation(String label) {
    this.label = label;
  }

  static Operation of(int ordinal) {
    if (ordinal < 0 || ordinal >= VALUES.length) {
      throw new IllegalArgumentException(
          "Invalid operation " + ordinal + ": must be from 0 to " + (VALUES.length - 1));
    }
    return VALUES[ordinal];
  }

  /**
   * Whether a call ends only when what it sent has left. Calls of other operations leave that to
   * the next all-reduce, so that no rank's buffers are more than a step behind.
   */
  boolean awaitsWhatItSent() {
    return this == REDUCE_SCATTER || this == GATHER_WEIGHTS;
  }

  @Override
  public String toString() {
    return label;
  }
}
