package normuon.job.train;

import normuon.job.data.TokenDataset;

/**
 * What a rank may keep from segment to segment.
 *
 * @param state weights and optimizer state
 * @param data the prepared tokens
 */
record RankSession(RankState state, TokenDataset data) implements AutoCloseable {

  @Override
  public void close() {
    state.close();
  }
}
