package normuon.job.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import normuon.job.data.Batch;
import normuon.job.data.SplitMix;
import normuon.job.data.TokenUniforms;
import normuon.model.MicroBatch;
import normuon.optimizer.Sophia;
import normuon.optimizer.shard.Collectives;
import normuon.torch.Initialization;
import normuon.torch.ParameterSpec;

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
 *
 * <p>By Hutchinson: the Hessian of the mean loss times a direction u, whose elements are standard
 * normal for Sophia's parameters and zero for others. The run's seed, the step and a parameter's
 * name decide u, so that it is the same on every rank and need not travel.
 */
final class CurvatureEstimate {

  /** Tells the directions from other random numbers of the same seed. */
  static final long DIRECTIONS = 0x646972656374L;

  private final RankState state;
  private final WeightLayout layout;
  private final Sophia rule;
  private final List<ElementGroup> groups;
  private final int sequencesPerStep;
  private final long seed;
  private final Collectives collectives;

  CurvatureEstimate(
      RankState state,
      WeightLayout layout,
      int sequencesPerStep,
      long seed,
      Collectives collectives) {
    this.state = state;
    this.layout = layout;
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
   * @param step the step, from 1
   * @param firstSequence the place in the run of the first of these sequences
   * @return whether the estimate was finite
   */
  boolean refresh(List<Batch> microBatches, long step, long firstSequence) {
    switch (rule.options().estimator()) {
      case GAUSS_NEWTON_BARTLETT -> accumulateSampled(microBatches, firstSequence);
      case HUTCHINSON -> accumulateProducts(microBatches, step);
    }
    List<ParameterSpec> estimated =
        groups.stream().flatMap(group -> group.specs().stream()).toList();
    layout.reduceGradients(estimated);
    double[] squares = state.rules().clipping().squaredNorms(state.gradientRows(estimated));
    double squaredNorm = Arrays.stream(squares).sum();
    // So that no square of an element overflows either.
    boolean finite = collectives.allReduce(state.countedOnce(squaredNorm))[0] <= Float.MAX_VALUE;
    if (finite) {
      groups.forEach(group -> rule.refresh(group.gradientRows(), group.state()));
    }
    return finite;
  }

  /** This rank's share of Ĝ. */
  private void accumulateSampled(List<Batch> microBatches, long firstSequence) {
    AtomicLong next = new AtomicLong(firstSequence);
    layout.backward(
        microBatches,
        (batches, model, owner) -> {
          List<NDArray> inputs = new ArrayList<>();
          List<NDArray> uniforms = new ArrayList<>();
          for (Batch batch : batches) {
            inputs.add(ModelBatch.of(batch, owner, 1).ids());
            uniforms.add(uniforms(batch, next.getAndAdd(batch.sequences()), owner));
          }
          List<NDArray> labels = model.sampleTargets(inputs, uniforms);
          return IntStream.range(0, batches.size())
              .mapToObj(i -> new MicroBatch(inputs.get(i), labels.get(i), weight(batches.get(i))))
              .toList();
        });
  }

  private NDArray uniforms(Batch batch, long firstSequence, NDManager owner) {
    return owner.create(
        TokenUniforms.of(seed, firstSequence, batch.sequences(), batch.context()),
        new Shape(batch.sequences(), batch.context()),
        DataType.FLOAT64);
  }

  /** This rank's share of u ⊙ (H u). */
  private void accumulateProducts(List<Batch> microBatches, long step) {
    Set<ParameterSpec> estimated =
        groups.stream().flatMap(group -> group.specs().stream()).collect(Collectors.toSet());
    long key = SplitMix.mix(seed, step, DIRECTIONS);
    layout.accumulateHessianProducts(
        microBatches,
        this::weight,
        (spec, owner) ->
            estimated.contains(spec)
                ? Initialization.normal(owner, spec, key, 1)
                : owner.zeros(new Shape(spec.shape()), DataType.FLOAT32));
  }

  private double weight(Batch batch) {
    return (double) batch.sequences() / sequencesPerStep;
  }
}
