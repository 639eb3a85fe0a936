package normuon.job.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import normuon.job.data.Batch;
import normuon.job.data.ValidationWindows;
import normuon.optimizer.shard.Collectives;

/**
 * The loss over the whole validation split, each rank its share of the windows.
 *
 * @param loss mean over all predicted tokens, in nats per token
 * @param tokens predicted tokens
 */
record Evaluation(double loss, long tokens) {

  /** What was not evaluated. */
  static final Evaluation NONE = new Evaluation(Double.NaN, 0);

  /**
   * Evaluates; every rank gets the same result.
   *
   * @param windowsPerBatch as many as training takes at once need no more memory than training
   */
  static Evaluation of(
      RankSession session, Collectives collectives, int context, int windowsPerBatch) {
    ValidationWindows windows =
        new ValidationWindows(
            session.data().validation(), context, collectives.worldSize(), collectives.rank());
    double sum = 0;
    long tokens = 0;
    for (Batch batch : windows.batches(windowsPerBatch)) {
      collectives.requireRunning();
      long predicted = (long) batch.sequences() * batch.context();
      sum += predicted * loss(session.state(), batch);
      tokens += predicted;
    }
    double[] sums = collectives.allReduce(sum, tokens);
    return new Evaluation(sums[0] / sums[1], (long) sums[1]);
  }

  private static double loss(RankState state, Batch batch) {
    try (NDManager scope = state.manager().newSubManager()) {
      ModelBatch arrays = ModelBatch.of(batch, scope);
      NDArray loss = state.model().loss(arrays.inputs(), arrays.targets());
      return loss.getFloat();
    }
  }
}
