package normuon.job.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import normuon.job.data.Batch;
import normuon.job.data.TokenUniforms;
import normuon.optimizer.Sophia;
import normuon.optimizer.shard.Collectives;

/**
 * Sophia's estimate of the curvature on one rank, over the sequences of a whole step. It follows
 * the update, and so is taken at the new weights, as in the authors' code; they draw other
 * sequences for it, while here those of the step serve again, so that what a run reads does not
 * depend on its rule.
 *
 * <p>By Gauss–Newton–Bartlett: labels are drawn from the model's predictions, by numbers that the
 * run's seed and the sequence's place in the run decide, and the gradient of the mean loss for them
 * is reduced as any gradient. It is not clipped: its square has the curvature for its mean only as
 * it is.
 */
final class CurvatureEstimate {

  private final RankState state;
  private final Sophia rule;
  private final List<ElementGroup> groups;
  private final int sequencesPerStep;
  private final long seed;
  private final Collectives collectives;

  CurvatureEstimate(RankState state, int sequencesPerStep, long seed, Collectives collectives) {
    this.state = state;
    this.rule = state.rules().sophia();
    this.groups =
        state.elements().stream()
            .filter(group -> group.settings().rule().estimatesCurvature())
            .toList();
    this.sequencesPerStep = sequencesPerStep;
    this.seed = seed;
    this.collectives = collectives;
  }

  /** Whether an estimate follows an update; never in a run without Sophia. */
  boolean follows(long update) {
    return !groups.isEmpty() && rule.refreshFollows(update);
  }

  /**
   * The share of Sophia's coordinates that were not clipped; NaN in a run without Sophia.
   *
   * @param clipped how many were, over all ranks
   */
  double unclippedFraction(double clipped) {
    long elements =
        groups.stream()
            .flatMap(group -> group.elements().stream())
            .mapToLong(element -> element.spec().elements())
            .sum();
    return 1 - clipped / elements;
  }

  /**
   * Estimates the curvature and takes it into the state, on every rank alike. An estimate that is
   * not finite changes nothing.
   *
   * @param microBatches this rank's sequences of the step
   * @param firstSequence the place of their first one in the run
   * @return whether the estimate was finite
   */
  boolean refresh(List<Batch> microBatches, long firstSequence) {
    state.model().zeroGradients();
    long sequence = firstSequence;
    for (Batch batch : microBatches) {
      accumulateSampled(batch, sequence);
      sequence += batch.sequences();
    }
    List<NDArray> rows = each(ElementGroup::gradientRows);
    collectives.reduceScatter(each(ElementGroup::whole), rows);
    double squaredNorm = Arrays.stream(state.rules().clipping().squaredNorms(rows)).sum();
    // So that no square of an element overflows either.
    boolean finite = collectives.allReduce(squaredNorm)[0] <= Float.MAX_VALUE;
    if (finite) {
      groups.forEach(group -> rule.refresh(group.gradientRows(), group.state()));
    }
    return finite;
  }

  /** Adds this batch's share of Ĝ to the gradients. */
  private void accumulateSampled(Batch batch, long firstSequence) {
    try (NDManager scope = state.manager().newSubManager()) {
      NDArray inputs = ModelBatch.of(batch, scope).inputs();
      NDArray uniforms =
          scope.create(
              TokenUniforms.of(seed, firstSequence, batch.sequences(), batch.context()),
              inputs.getShape(),
              DataType.FLOAT64);
      NDArray labels = state.model().sampleTargets(inputs, uniforms);
      double weight = (double) batch.sequences() / sequencesPerStep;
      state.model().accumulate(inputs, labels, weight);
    }
  }

  private List<NDArray> each(Function<ElementGroup, List<NDArray>> part) {
    return groups.stream().flatMap(group -> part.apply(group).stream()).toList();
  }
}
