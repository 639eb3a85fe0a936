package normuon.job.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import normuon.job.data.Batch;
import normuon.job.data.BatchSource;
import normuon.model.MicroBatch;
import normuon.model.StagedGpt;
import normuon.optimizer.ElementRule;
import normuon.optimizer.ParameterGroup;
import normuon.optimizer.shard.Collectives;

/**
 * One step on one rank: the algorithm, phase by phase, with nothing about Spark in it.
 *
 * <p>Every rank holds its own rows of the mean gradient, of the momentum and of what AdamW and
 * Sophia keep. Each matrix has one owner, which sees its momentum whole, so that the update does
 * not depend on the number of ranks. Where weights, gradients and updates are whole beside that is
 * the business of the {@link WeightLayout}.
 */
final class TrainStep {

  private final RankState state;
  private final WeightLayout layout;
  private final UpdateRules rules;
  private final BatchSource batches;
  private final int sequencesPerStep;
  private final Collectives collectives;
  private final PhaseClock clock;
  private final CurvatureEstimate curvature;

  TrainStep(
      RankState state,
      WeightLayout layout,
      BatchSource batches,
      int sequencesPerStep,
      long seed,
      Collectives collectives,
      PhaseClock clock) {
    this.state = state;
    this.layout = layout;
    this.rules = state.rules();
    this.batches = batches;
    this.sequencesPerStep = sequencesPerStep;
    this.collectives = collectives;
    this.clock = clock;
    this.curvature = new CurvatureEstimate(state, layout, sequencesPerStep, seed, collectives);
  }

  /**
   * Trains one step.
   *
   * @param before what was trained before it
   * @return loss, gradient norm and orthogonalizations, the same on every rank
   * @throws normuon.optimizer.NonFiniteGradientException if a gradient is not finite, on every rank
   *     alike; weights and state are then as they were
   */
  StepOutcome run(Progress before) {
    return run(before, Measurement.NONE);
  }

  /** The same, measured. */
  StepOutcome run(Progress before, Measurement measurement) {
    long step = before.step() + 1;
    long update = before.updates() + 1;
    clock.start();
    long callsBefore = rules.matrices().newtonSchulzCalls();
    List<Batch> microBatches = batches.step(before.sequencesConsumed());
    clock.finish(Phase.DATA);

    double lossShare = layout.backward(microBatches, this::lesson);
    clock.finish(Phase.BACKWARD);

    MeanGradient reduced = reduceGradients(lossShare);
    clock.finish(Phase.REDUCE);

    measurement.begin();
    MatrixUpdates matrices = new MatrixUpdates(state, layout, collectives.rank(), clock);
    matrices.collectMomentum(rules.momentum().momentum(step));
    ElementUpdates elements = updateElements(update);
    clock.finish(Phase.COLLECT);

    double rate = rules.schedule().multiplier(step);
    matrices.finish(rate, measurement);
    List<List<NDArray>> elementUpdates =
        elements.underWay().stream().map(PendingUpdate::await).toList();
    long calls = rules.matrices().newtonSchulzCalls() - callsBefore;
    double[] counts = collectives.allReduce(calls, state.countedOnce(elements.clipped())[0]);
    clock.finish(Phase.BROADCAST);

    for (int i = 0; i < elementUpdates.size(); i++) {
      ElementGroup group = state.elements().get(i);
      measurement.elements(group, elementUpdates.get(i), rate);
      apply(group, elementUpdates.get(i), rate);
    }
    layout.applied();
    clock.finish(Phase.APPLY);

    boolean refused = !refreshCurvature(update, microBatches, before);
    return new StepOutcome(
        reduced.loss(),
        reduced.gradientNorm(),
        (long) counts[0],
        curvature.unclippedFraction(counts[1]),
        refused);
  }

  /** A step's sequences and the tokens after them: their mean loss is the step's. */
  private List<MicroBatch> lesson(List<Batch> batches, StagedGpt model, NDManager owner) {
    return batches.stream()
        .map(batch -> ModelBatch.of(batch, owner, (double) batch.sequences() / sequencesPerStep))
        .toList();
  }

  private record MeanGradient(double loss, double gradientNorm) {}

  /** Leaves this rank the rows of the clipped mean gradient. */
  private MeanGradient reduceGradients(double lossShare) {
    layout.reduceGradients(state.specs());
    List<NDArray> rows = state.gradientRows();
    double[] squares = state.countedOnce(rules.clipping().squaredNorms(rows));
    double[] shares = Arrays.copyOf(squares, squares.length + 1);
    shares[squares.length] = lossShare;
    double[] sums = collectives.allReduce(shares);
    double norm = rules.clipping().clip(rows, Arrays.copyOf(sums, squares.length));
    return new MeanGradient(sums[squares.length], norm);
  }

  private record ElementUpdates(List<PendingUpdate> underWay, long clipped) {}

  /** AdamW and Sophia on this rank's rows, whose updates set out to whoever needs them. */
  private ElementUpdates updateElements(long update) {
    List<PendingUpdate> underWay = new ArrayList<>();
    long clipped = 0;
    for (ElementGroup group : state.elements()) {
      ElementRule rule = rules.elements(group.settings().rule());
      clipped += rule.update(group.gradientRows(), group.state(), update);
      underWay.add(layout.share(group));
    }
    return new ElementUpdates(underWay, clipped);
  }

  /** Sophia's curvature, after every k-th update; false if the estimate was not finite. */
  private boolean refreshCurvature(long update, List<Batch> microBatches, Progress before) {
    if (!curvature.follows(update)) {
      return true;
    }
    boolean finite =
        curvature.refresh(
            microBatches, before.step() + 1, batches.firstSequence(before.sequencesConsumed()));
    clock.finish(Phase.CURVATURE);
    return finite;
  }

  /** W ← (1 − ηλ) W − η U, to the same bits on every rank that holds W. */
  private void apply(ElementGroup group, List<NDArray> updates, double rate) {
    ParameterGroup.Settings settings = group.settings();
    double learningRate = rate * settings.learningRate();
    rules.update().apply(group.weights(), updates, learningRate, settings.weightDecay());
  }
}
