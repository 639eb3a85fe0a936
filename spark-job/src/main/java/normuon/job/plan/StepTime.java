package normuon.job.plan;

import java.util.stream.IntStream;
import normuon.optimizer.shard.OwnerPlan;

/**
 * The predicted time of a step in seconds; each phase takes as long as its slowest rank. Computing
 * is operations over rate. An exchange is bytes over bandwidth, of the direction with more, and a
 * latency for each message: the model of R. Thakur, R. Rabenseifner and W. Gropp, Optimization of
 * Collective Communication Operations in MPICH (2005), for the pairwise algorithms that the ranks
 * use. Reading tokens and adding updates is left out: together it was under 2% of the steps
 * measured.
 *
 * @param backward forward and backward passes
 * @param reduceScatter gradients
 * @param allReduce sums of numbers
 * @param collect momentum to the owners
 * @param orthogonalize the owner with the most work
 * @param broadcast updates of matrices
 * @param allGather updates of all other parameters
 * @param curvature Sophia's estimate, its share of one step: labels are drawn by one more forward
 *     pass, a third of the two passes that follow, and their gradients are reduced; the products of
 *     Sophia-H take longer
 */
public record StepTime(
    double backward,
    double reduceScatter,
    double allReduce,
    double collect,
    double orthogonalize,
    double broadcast,
    double allGather,
    double curvature) {

  static StepTime of(PlannedModel model, OwnerPlan owners, StepTraffic most, ClusterRates rates) {
    double largestLoad =
        IntStream.range(0, owners.worldSize())
            .mapToDouble(
                rank ->
                    owners.owned(rank).stream().mapToDouble(model::orthogonalizationFlops).sum())
            .max()
            .orElse(0);
    double backward = model.backwardFlops(owners.worldSize()) / rates.flopsPerSecond();
    int refreshEvery = model.configuration().optimizer().sophia().refreshEvery();
    double refresh =
        model.sophiaParameters().isEmpty() ? 0 : backward * 4 / 3 + rates.seconds(most.curvature());
    return new StepTime(
        backward,
        rates.seconds(most.reduceScatter()),
        rates.seconds(most.allReduce()),
        rates.seconds(most.collect()),
        largestLoad / rates.flopsPerSecond(),
        rates.seconds(most.broadcast()),
        rates.seconds(most.allGather()),
        refresh / refreshEvery);
  }

  /** What the processors need. */
  public double computation() {
    return backward + orthogonalize;
  }

  /** What the network needs. */
  public double exchange() {
    return reduceScatter + allReduce + updateExchange();
  }

  private double updateExchange() {
    return collect + broadcast + allGather;
  }

  /**
   * The whole step at best: what travels between momentum and update hides behind
   * orthogonalization, as far as that lasts.
   */
  public double step() {
    return backward
        + reduceScatter
        + allReduce
        + Math.max(orthogonalize, updateExchange())
        + curvature;
  }
}
