package normuon.job.train;

import normuon.job.config.RunConfiguration;

/**
 * The numbers of ranks that a run may have.
 *
 * @param wanted ranks to train with where there are slots for them
 * @param fewest ranks that the run may go on with; rounded up to whole groups
 * @param unit ranks that hold all weights together: only whole groups of them can train
 */
record RankRange(int wanted, int fewest, int unit) {

  RankRange {
    fewest = (Math.max(unit, fewest) + unit - 1) / unit * unit;
  }

  static RankRange of(RunConfiguration configuration) {
    int wanted = configuration.train().ranks();
    return new RankRange(
        wanted,
        configuration.recovery().fewestRanks(wanted),
        Math.max(1, configuration.weights().shardGroup()));
  }

  /** The ranks that can train in these slots; fewer than {@link #fewest} are too few. */
  int usable(int slots) {
    return Math.min(wanted, slots) / unit * unit;
  }
}
