package normuon.job.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import normuon.job.data.Batch;
import normuon.job.data.BatchSource;
import normuon.optimizer.ElementRule;
import normuon.optimizer.MatrixBlocks;
import normuon.optimizer.ParameterGroup;
import normuon.optimizer.UpdateObserver;
import normuon.optimizer.WeightDecay;
import normuon.optimizer.shard.Collectives;
import normuon.optimizer.shard.Transfer;

/**
 * One step on one rank: the algorithm, phase by phase, with nothing about Spark in it.
 *
 * <p>Every rank holds all weights, and its own rows of the mean gradient, of the momentum and of
 * what AdamW and Sophia keep. Each matrix has one owner, which sees its momentum whole, so that the
 * update does not depend on the number of ranks. Collecting, orthogonalizing and broadcasting are a
 * pipeline over buckets of matrices, largest first: what is sent travels while the owner
 * multiplies.
 */
final class TrainStep {

  private final RankState state;
  private final UpdateRules rules;
  private final BatchSource batches;
  private final int sequencesPerStep;
  private final Collectives collectives;
  private final PhaseClock clock;
  private final CurvatureEstimate curvature;

  TrainStep(
      RankState state,
      BatchSource batches,
      int sequencesPerStep,
      long seed,
      Collectives collectives,
      PhaseClock clock) {
    this.state = state;
    this.rules = state.rules();
    this.batches = batches;
    this.sequencesPerStep = sequencesPerStep;
    this.collectives = collectives;
    this.clock = clock;
    this.curvature = new CurvatureEstimate(state, sequencesPerStep, seed, collectives);
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

    double lossShare = backward(microBatches);
    clock.finish(Phase.BACKWARD);

    MeanGradient reduced = reduceGradients(lossShare);
    clock.finish(Phase.REDUCE);

    List<Transfer> momentum = collectMomentum(rules.momentum().momentum(step));
    ElementUpdates elements = updateElements(update);
    List<Transfer> updates = expectUpdates();
    clock.finish(Phase.COLLECT);

    double rate = rules.schedule().multiplier(step);
    orthogonalizeOwned(momentum, rate, measurement);
    receiveOthers(updates, rate);
    elements.underWay().forEach(Transfer::await);
    long calls = rules.matrices().newtonSchulzCalls() - callsBefore;
    double[] counts = collectives.allReduce(calls, elements.clipped());
    clock.finish(Phase.BROADCAST);

    for (ElementGroup group : state.elements()) {
      measurement.elements(group, rate);
      apply(group, rate);
    }
    state.model().weightsChanged();
    clock.finish(Phase.APPLY);

    boolean refused = !refreshCurvature(update, microBatches, before);
    return new StepOutcome(
        reduced.loss(),
        reduced.gradientNorm(),
        (long) counts[0],
        curvature.unclippedFraction(counts[1]),
        refused);
  }

  /** Adds up this rank's share of the mean gradient; returns its share of the mean loss. */
  private double backward(List<Batch> microBatches) {
    state.model().zeroGradients();
    double share = 0;
    for (Batch batch : microBatches) {
      collectives.requireRunning();
      double weight = (double) batch.sequences() / sequencesPerStep;
      share += weight * accumulate(batch, weight);
    }
    return share;
  }

  private double accumulate(Batch batch, double weight) {
    try (NDManager scope = state.manager().newSubManager()) {
      ModelBatch arrays = ModelBatch.of(batch, scope);
      return state.model().accumulate(arrays.inputs(), arrays.targets(), weight);
    }
  }

  private record MeanGradient(double loss, double gradientNorm) {}

  /** Leaves this rank the rows of the clipped mean gradient. */
  private MeanGradient reduceGradients(double lossShare) {
    List<NDArray> rows = state.gradientRows();
    collectives.reduceScatter(state.gradients(), rows);
    double[] squares = rules.clipping().squaredNorms(rows);
    double[] shares = Arrays.copyOf(squares, squares.length + 1);
    shares[squares.length] = lossShare;
    double[] sums = collectives.allReduce(shares);
    double norm = rules.clipping().clip(rows, Arrays.copyOf(sums, squares.length));
    return new MeanGradient(sums[squares.length], norm);
  }

  /** Momentum on this rank's rows, which set out to the owners. */
  private List<Transfer> collectMomentum(double decay) {
    List<Transfer> underWay = new ArrayList<>();
    for (MatrixBucket bucket : state.buckets()) {
      List<NDArray> rows =
          rules.matrices().accumulate(bucket.gradientRows(), bucket.momenta(), decay);
      underWay.add(collectives.gather(bucket.owner(), rows, bucket.whole()));
    }
    return underWay;
  }

  private record ElementUpdates(List<Transfer> underWay, long clipped) {}

  /** AdamW and Sophia on this rank's rows, whose updates set out to every rank. */
  private ElementUpdates updateElements(long update) {
    List<Transfer> underWay = new ArrayList<>();
    long clipped = 0;
    for (ElementGroup group : state.elements()) {
      ElementRule rule = rules.elements(group.settings().rule());
      clipped += rule.update(group.gradientRows(), group.state(), update);
      underWay.add(collectives.allGather(group.gradientRows(), group.whole()));
    }
    return new ElementUpdates(underWay, clipped);
  }

  /** Other owners' updates, which may arrive in their place while this rank multiplies. */
  private List<Transfer> expectUpdates() {
    List<Transfer> underWay = new ArrayList<>();
    for (MatrixBucket bucket : state.buckets()) {
      boolean owned = bucket.owner() == collectives.rank();
      underWay.add(owned ? () -> {} : collectives.broadcast(bucket.owner(), bucket.whole()));
    }
    return underWay;
  }

  /** The owner's part, bucket by bucket: whole momentum in, normalized updates out. */
  private void orthogonalizeOwned(List<Transfer> momentum, double rate, Measurement measurement) {
    for (int i = 0; i < momentum.size(); i++) {
      MatrixBucket bucket = state.buckets().get(i);
      if (bucket.owner() == collectives.rank()) {
        clock.running(Phase.COLLECT);
        momentum.get(i).await();
        clock.finish(Phase.COLLECT);
        UpdateObserver observer = measurement.matrices(bucket, rate);
        MatrixBlocks blocks = bucket.settings().blocks();
        rules.matrices().update(bucket.whole(), bucket.secondMoments(), blocks, observer);
        clock.finish(Phase.ORTHOGONALIZE);
        collectives.broadcast(bucket.owner(), bucket.whole());
        clock.finish(Phase.BROADCAST);
        apply(bucket, rate);
        clock.finish(Phase.APPLY);
      }
    }
  }

  /** Normalized updates of the other owners' matrices. */
  private void receiveOthers(List<Transfer> updates, double rate) {
    clock.running(Phase.BROADCAST);
    for (int i = 0; i < updates.size(); i++) {
      MatrixBucket bucket = state.buckets().get(i);
      if (bucket.owner() != collectives.rank()) {
        updates.get(i).await();
        clock.finish(Phase.BROADCAST);
        apply(bucket, rate);
        clock.finish(Phase.APPLY);
      }
    }
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

  /** W ← (1 − ηλ) W − η U, or another decay, to the same bits on every rank. */
  private void apply(MatrixBucket bucket, double rate) {
    apply(
        bucket.weights(), bucket.whole(), bucket.settings(), rate, rules.matrices().weightDecay());
  }

  private void apply(ElementGroup group, double rate) {
    apply(group.weights(), group.whole(), group.settings(), rate, WeightDecay.decoupled());
  }

  private void apply(
      List<NDArray> weights,
      List<NDArray> updates,
      ParameterGroup.Settings settings,
      double rate,
      WeightDecay decay) {
    double learningRate = rate * settings.learningRate();
    rules.update().apply(weights, updates, learningRate, settings.weightDecay(), decay);
  }
}
