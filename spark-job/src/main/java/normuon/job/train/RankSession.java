package normuon.job.train;

import normuon.job.data.TokenMixture;

/**
 * What a rank may keep from segment to segment.
 *
 * @param state weights and optimizer state
 * @param data the prepared tokens
 * @param writes what of it is being written to a checkpoint
 */
record RankSession(RankState state, TokenMixture data, BackgroundWrites writes)
    implements AutoCloseable {

  /** Frees the state; what is being written is a copy, and is still written. */
  @Override
  public void close() {
    state.close();
  }
}
