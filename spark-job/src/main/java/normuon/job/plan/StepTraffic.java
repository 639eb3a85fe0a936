package normuon.job.plan;

import java.util.function.BinaryOperator;

/**
 * What one rank exchanges with all others in one step, by operation. The same operations on the
 * same ranks send the same bytes in every step, save for Sophia's curvature and for the checks
 * between steps, which are not counted.
 *
 * @param reduceScatter gradients, each rank's rows to that rank
 * @param allReduce the sums of numbers: squared norms and loss, and two counts
 * @param collect rows of momentum, to the owner of each matrix
 * @param broadcast updates of matrices, from their owner to every other rank by itself
 * @param allGather updates of all other parameters, each rank's rows to every other
 * @param curvature Sophia's sampled gradients, each rank's rows to that rank: in every {@code
 *     optimizer.sophia.refresh_every}-th step only
 */
public record StepTraffic(
    Flow reduceScatter,
    Flow allReduce,
    Flow collect,
    Flow broadcast,
    Flow allGather,
    Flow curvature) {

  static final StepTraffic NONE =
      new StepTraffic(Flow.NONE, Flow.NONE, Flow.NONE, Flow.NONE, Flow.NONE, Flow.NONE);

  /** All operations of every step together. */
  public Flow total() {
    return reduceScatter.plus(allReduce).plus(collect).plus(broadcast).plus(allGather);
  }

  StepTraffic plus(StepTraffic other) {
    return combine(other, Flow::plus);
  }

  /** Each number as the rank has it that has the most. */
  StepTraffic most(StepTraffic other) {
    return combine(other, Flow::most);
  }

  private StepTraffic combine(StepTraffic other, BinaryOperator<Flow> combination) {
    return new StepTraffic(
        combination.apply(reduceScatter, other.reduceScatter),
        combination.apply(allReduce, other.allReduce),
        combination.apply(collect, other.collect),
        combination.apply(broadcast, other.broadcast),
        combination.apply(allGather, other.allGather),
        combination.apply(curvature, other.curvature));
  }
}
