package normuon.job.train;

/**
 * Where the driver has Spark run a rank.
 *
 * @param rank the rank
 * @param executorId Spark's number of the executor
 * @param host the executor's host
 */
record RankPlace(int rank, String executorId, String host) {

  @Override
  public String toString() {
    return "rank %d on %s (executor %s)".formatted(rank, host, executorId);
  }
}
