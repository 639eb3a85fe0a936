package normuon.job.plan;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import normuon.model.ModelStages;
import normuon.optimizer.shard.OwnerPlan;

/**
 * The predicted time of a step in seconds; each phase takes as long as its slowest rank. Computing
 * is operations over rate. An exchange is bytes over bandwidth, of the direction with more, and a
 * latency for each message: the model of R. Thakur, R. Rabenseifner and W. Gropp, Optimization of
 * Collective Communication Operations in MPICH (2005), for the pairwise algorithms that the ranks
 * use. Reading tokens and adding updates is left out: together it was under 2% of the steps
 * measured.
 *
 * <p>What overlaps what: momentum and updates travel while owners orthogonalize. Where ranks hold
 * rows of the weights, these are gathered and gradients reduced while the passes compute ({@link
 * PassOverlap}); where every rank holds all, gradients are reduced when the passes are over.
 * Nothing of an estimate of the curvature is taken to overlap.
 *
 * @param backward forward and backward passes
 * @param gather weights, where ranks hold rows of them
 * @param reduceScatter gradients
 * @param overlap how much of these two the step waits for
 * @param allReduce sums of numbers
 * @param collect momentum to the owners
 * @param orthogonalize the owner with the most work
 * @param broadcast updates of matrices
 * @param allGather updates of all other parameters, where every rank holds all weights
 * @param curvature Sophia's estimate, its share of one step: labels are drawn by one more forward
 *     pass, a third of the two passes that follow, and their gradients are reduced; the products of
 *     Sophia-H take longer
 */
public record StepTime(
    double backward,
    double gather,
    double reduceScatter,
    PassOverlap overlap,
    double allReduce,
    double collect,
    double orthogonalize,
    double broadcast,
    double allGather,
    double curvature) {

  static StepTime of(
      PlannedModel model, OwnerPlan owners, TrafficModel traffic, ClusterRates rates) {
    StepTraffic most = traffic.most();
    double backward = model.backwardFlops(owners.worldSize()) / rates.flopsPerSecond();
    double reduceScatter = rates.seconds(most.reduceScatter());
    double allGather = rates.seconds(most.allGather());
    int refreshEvery = model.configuration().optimizer().sophia().refreshEvery();
    double refresh =
        model.sophiaParameters().isEmpty() ? 0 : backward * 4 / 3 + rates.seconds(most.curvature());
    return new StepTime(
        backward,
        model.isSharded() ? allGather : 0,
        reduceScatter,
        model.isSharded()
            ? PassOverlap.of(visits(model, owners.worldSize(), traffic, rates))
            : new PassOverlap(0, 0, reduceScatter, 0),
        rates.seconds(most.allReduce()),
        rates.seconds(most.collect()),
        largestLoad(model, owners) / rates.flopsPerSecond(),
        rates.seconds(most.broadcast()),
        model.isSharded() ? 0 : allGather,
        refresh / refreshEvery);
  }

  private static double largestLoad(PlannedModel model, OwnerPlan owners) {
    return IntStream.range(0, owners.worldSize())
        .mapToDouble(
            rank -> owners.owned(rank).stream().mapToDouble(model::orthogonalizationFlops).sum())
        .max()
        .orElse(0);
  }

  /** Forward through all stages, and back from the output, which is visited once for both. */
  private static List<PassOverlap.Visit> visits(
      PlannedModel model, int ranks, TrafficModel traffic, ClusterRates rates) {
    double[] gathers = traffic.gathers().stream().mapToDouble(rates::seconds).toArray();
    double[] reductions = traffic.reductions().stream().mapToDouble(rates::seconds).toArray();
    double forward = model.blockForwardFlops(ranks) / rates.flopsPerSecond();
    double backward = model.blockBackwardFlops(ranks) / rates.flopsPerSecond();
    double head = model.outputFlops(ranks) / rates.flopsPerSecond();
    int output = model.stages().output();
    List<PassOverlap.Visit> visits = new ArrayList<>();
    visits.add(new PassOverlap.Visit(gathers[ModelStages.EMBEDDING], 0, 0));
    for (int stage = ModelStages.EMBEDDING + 1; stage < output; stage++) {
      visits.add(new PassOverlap.Visit(gathers[stage], forward, 0));
    }
    visits.add(new PassOverlap.Visit(gathers[output], head, reductions[output]));
    for (int stage = output - 1; stage > ModelStages.EMBEDDING; stage--) {
      double gather = model.isKept(stage) ? 0 : gathers[stage];
      visits.add(new PassOverlap.Visit(gather, backward, reductions[stage]));
    }
    visits.add(new PassOverlap.Visit(0, 0, reductions[ModelStages.EMBEDDING]));
    return visits;
  }

  /** What the processors need. */
  public double computation() {
    return backward + orthogonalize;
  }

  /** What the network needs. */
  public double exchange() {
    return gather + reduceScatter + allReduce + updateExchange();
  }

  private double updateExchange() {
    return collect + broadcast + allGather;
  }

  /**
   * The whole step at best: the passes and what they wait for, and what travels between momentum
   * and update as far as orthogonalization does not last as long.
   */
  public double step() {
    return backward
        + overlap.exposed()
        + allReduce
        + Math.max(orthogonalize, updateExchange())
        + curvature;
  }
}
