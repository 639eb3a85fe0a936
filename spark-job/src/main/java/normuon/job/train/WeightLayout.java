package normuon.job.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.List;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.ToDoubleFunction;
import normuon.job.data.Batch;
import normuon.job.report.OverlapRecord;
import normuon.model.MicroBatch;
import normuon.model.StagedGpt;
import normuon.torch.ParameterSpec;

/**
 * Where weights, gradients and updates are whole and where they are rows, and what has to be sent
 * for that: all that a step does otherwise when every rank holds all weights and when each holds
 * its rows. Every rank calls the same methods in the same order.
 */
interface WeightLayout extends AutoCloseable {

  /** The model, as it computes. */
  StagedGpt model();

  /** Whether a pass of the model takes every rank. */
  boolean passesTakeEveryRank();

  /** How many batches go through the model together where nothing is kept of them. */
  int batchesPerPass();

  /** What of a step's batches the model is to learn. */
  @FunctionalInterface
  interface Lesson {

    /**
     * Makes the micro-batches of some batches, each of which is asked for once and in order.
     *
     * @param owner of the arrays
     */
    List<MicroBatch> of(List<Batch> batches, StagedGpt model, NDManager owner);
  }

  /**
   * Makes the gradients of this rank's batches.
   *
   * @return the sum of the micro-batches' weighted losses
   */
  double backward(List<Batch> batches, Lesson lesson);

  /**
   * Makes u ⊙ (H u) of this rank's batches where gradients are made, H being the Hessian of the
   * mean loss.
   *
   * @param weight of a batch's mean loss
   * @param direction makes the part of u of one parameter, whole
   * @throws UnsupportedOperationException where no rank holds all weights, which it takes
   */
  void accumulateHessianProducts(
      List<Batch> batches,
      ToDoubleFunction<Batch> weight,
      BiFunction<ParameterSpec, NDManager, NDArray> direction);

  /**
   * Leaves this rank its rows of the sums of gradients over all ranks.
   *
   * @param parameters at least those of which the rows are wanted
   */
  void reduceGradients(List<ParameterSpec> parameters);

  /** How many turns of buckets, one of each owner, are under way beside the one worked on. */
  int turnsAhead();

  /**
   * Lets a bucket's rows of the momentum set out to its owner.
   *
   * @param rows this rank's rows
   */
  MatrixExchange collect(MatrixBucket bucket, List<NDArray> rows);

  /** Lets this rank's rows of element-wise updates set out to whoever needs them. */
  PendingUpdate share(ElementGroup group);

  /** The weights have changed. */
  void applied();

  /**
   * The Euclidean norms of whole parameters.
   *
   * @param held this rank's part of each, as the weights are divided
   */
  double[] norms(List<NDArray> held);

  /**
   * The Euclidean norms of the rows of a whole matrix; only on the first rank.
   *
   * @param held this rank's part, as the weights are divided
   */
  Optional<double[]> rowNorms(ParameterSpec parameter, NDArray held);

  /** How much of the last step's communication was hidden; empty where none can be. */
  Optional<OverlapRecord> overlap();

  @Override
  void close();
}
