package normuon.optimizer;

import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.toList;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import normuon.torch.NativeArrays;

/**
 * A rule that orthogonalizes momentum: {@link Muon}, and {@link NorMuon} which also normalizes. Of
 * a matrix of shape [m, n] with gradient G, and the momentum M [m, n] zero at first:
 *
 * <pre>
 *   M, C from G: {@link Momentum}            on the rows of each rank: {@link #accumulate}
 *   O = polar(C)                             on the owner of the matrix: {@link #update}
 *   U from O                                 there too; as the rule says
 *   W ← (1 − η λ) W − η U                    everywhere: {@link ParameterUpdate}
 * </pre>
 *
 * <p>The owner sees the whole matrix, so nothing depends on the number of ranks.
 */
public abstract sealed class MatrixRule permits Muon, NorMuon {

  private final OptimizerOperators operators;
  private final Momentum momentum;
  private final Orthogonalizer orthogonalizer;
  private final WeightDecay weightDecay;

  MatrixRule(OptimizerOperators operators, MuonOptions options) {
    this.operators = operators;
    this.momentum = options.momentum();
    this.orthogonalizer = new Orthogonalizer(operators, options.newtonSchulz());
    this.weightDecay = options.weightDecay();
  }

  /**
   * Adds gradients to the momentum, on any rows of any matrices.
   *
   * @param gradients rows of the mean gradients, float32 [rows, n], possibly empty; overwritten
   *     with Nesterov's lookahead
   * @param momenta the same rows of M, changed in place
   * @return the same rows of C, for the owner to collect: one of the two arguments
   */
  public final List<NDArray> accumulate(List<NDArray> gradients, List<NDArray> momenta) {
    return accumulate(gradients, momenta, momentum.decay());
  }

  /**
   * Adds gradients to the momentum with the decay of one step, as a {@link MomentumSchedule} gives
   * it.
   *
   * @param gradients as above
   * @param momenta as above
   * @param decay β of this step, in [0, 1)
   * @return as above
   */
  public final List<NDArray> accumulate(
      List<NDArray> gradients, List<NDArray> momenta, double decay) {
    Momentum ofStep = new Momentum(momentum.accumulation(), momentum.lookahead(), decay);
    operators.momentum(momenta, gradients, ofStep);
    return momentum.lookahead() == Momentum.Lookahead.NESTEROV ? gradients : momenta;
  }

  /**
   * Turns collected matrices into their updates.
   *
   * @param collected C, float32 [m, n] each; they become U
   * @param secondMoments v, float32 of {@link #secondMomentLength} each, zero before the first
   *     step, changed in place; an empty list for a rule that keeps none
   */
  public final void update(List<NDArray> collected, List<NDArray> secondMoments) {
    update(collected, secondMoments, UpdateObserver.NONE);
  }

  private void update(
      List<NDArray> collected, List<NDArray> secondMoments, UpdateObserver observer) {
    requireSecondMoments(collected, secondMoments);
    Map<Shape, List<Integer>> byShape =
        IntStream.range(0, collected.size())
            .boxed()
            .collect(groupingBy(i -> collected.get(i).getShape(), LinkedHashMap::new, toList()));
    for (List<Integer> indices : byShape.values()) {
      List<NDArray> matrices = indices.stream().map(collected::get).toList();
      List<NDArray> moments =
          secondMoments.isEmpty() ? List.of() : indices.stream().map(secondMoments::get).toList();
      observer.collected(indices, matrices);
      try (NativeArrays polars = orthogonalizer.orthogonalize(matrices)) {
        finish(matrices, polars, moments);
        observer.updated(indices, polars, matrices);
      }
    }
  }

  /** Refuses second moments that this rule cannot take. */
  abstract void requireSecondMoments(List<NDArray> collected, List<NDArray> secondMoments);

  /** U from O, of matrices of one shape, into the matrices. */
  abstract void finish(List<NDArray> matrices, NativeArrays polars, List<NDArray> secondMoments);

  /**
   * Turns collected matrices into their updates, block by block.
   *
   * @param collected C, float32 [m, n] each; they become U
   * @param secondMoments as above, the blocks' v one after the other: {@link
   *     #secondMomentLength(long, long, MatrixBlocks)} numbers for each matrix
   * @param blocks the blocks of each matrix
   * @param observer sees each block
   * @throws IllegalArgumentException if the blocks do not divide a matrix
   */
  public final void update(
      List<NDArray> collected,
      List<NDArray> secondMoments,
      MatrixBlocks blocks,
      UpdateObserver observer) {
    if (blocks.isWhole() || collected.isEmpty()) {
      update(collected, secondMoments, observer);
      return;
    }
    try (NDManager views = collected.get(0).getManager().newSubManager()) {
      List<NDArray> matrices = new ArrayList<>();
      for (NDArray matrix : collected) {
        matrices.addAll(operators.blocks(views, matrix, blocks));
      }
      List<NDArray> ofBlocks = new ArrayList<>();
      for (NDArray secondMoment : secondMoments) {
        ofBlocks.addAll(operators.parts(views, secondMoment, blocks.count()));
      }
      update(matrices, ofBlocks, observer);
    }
  }

  /**
   * Whether the rule normalizes the columns of such a matrix, and not its rows.
   *
   * @param rows m
   * @param columns n
   */
  abstract boolean normalizesColumns(long rows, long columns);

  /**
   * How many numbers the owner keeps of a matrix beside the momentum.
   *
   * @param rows m
   * @param columns n
   * @return the length of v; 0 if the rule keeps none
   */
  public abstract long secondMomentLength(long rows, long columns);

  /**
   * The same for a matrix in blocks: the numbers of all of them.
   *
   * @param rows m
   * @param columns n
   * @param blocks the blocks of the matrix
   * @throws IllegalArgumentException if the blocks do not divide the matrix
   */
  public final long secondMomentLength(long rows, long columns, MatrixBlocks blocks) {
    long[] block = blocks.shape(rows, columns);
    return blocks.count() * secondMomentLength(block[0], block[1]);
  }

  /** How weights decay beside this rule's updates. */
  public final WeightDecay weightDecay() {
    return weightDecay;
  }

  /** The number of matrices orthogonalized so far, each block of a matrix counted as one. */
  public final long newtonSchulzCalls() {
    return orthogonalizer.calls();
  }
}
