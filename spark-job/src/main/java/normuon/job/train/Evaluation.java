package normuon.job.train;

import ai.djl.ndarray.NDManager;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import normuon.job.data.Batch;
import normuon.job.data.TokenSplit;
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
      RankSession session,
      WeightLayout layout,
      Collectives collectives,
      int context,
      int windowsPerBatch) {
    TokenSplit split = session.data().validation();
    int ranks = collectives.worldSize();
    Iterator<Batch> batches =
        new ValidationWindows(split, context, ranks, collectives.rank())
            .batches(windowsPerBatch)
            .iterator();
    // As many passes on every rank as on the first, which has as many windows as any.
    long most = new ValidationWindows(split, context, ranks, 0).windows();
    long windowsPerPass = (long) windowsPerBatch * layout.batchesPerPass();
    long passes = (most + windowsPerPass - 1) / windowsPerPass;
    double sum = 0;
    long tokens = 0;
    for (long pass = 0; pass < passes; pass++) {
      collectives.requireRunning();
      List<Batch> together = next(batches, layout.batchesPerPass());
      List<Double> losses = losses(session.state(), layout, together);
      for (int i = 0; i < losses.size(); i++) {
        long predicted = (long) together.get(i).sequences() * together.get(i).context();
        sum += predicted * losses.get(i);
        tokens += predicted;
      }
    }
    double[] sums = collectives.allReduce(sum, tokens);
    return new Evaluation(sums[0] / sums[1], (long) sums[1]);
  }

  private static List<Batch> next(Iterator<Batch> batches, int most) {
    List<Batch> next = new ArrayList<>();
    while (next.size() < most && batches.hasNext()) {
      next.add(batches.next());
    }
    return next;
  }

  private static List<Double> losses(RankState state, WeightLayout layout, List<Batch> batches) {
    try (NDManager scope = state.manager().newSubManager()) {
      return layout
          .model()
          .losses(batches.stream().map(batch -> ModelBatch.of(batch, scope, 1)).toList());
    }
  }
}
