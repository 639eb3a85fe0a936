package normuon.job.plan;

import java.util.ArrayList;
import java.util.List;
import normuon.optimizer.shard.OwnerPlan;

/**
 * Where more ranks stop to pay for one and the same run, found by predicting its step on one rank,
 * two, and so on: every number up to 32, and beyond that steps of about 3%.
 *
 * @param mostRanks the most ranks tried: each needs a sequence of every step
 * @param fastestRanks the number of ranks with the shortest step
 * @param fastestStep that step in seconds
 * @param exchangeFrom the first number of ranks whose exchange takes longer than their computation;
 *     0 if there is none
 * @param ownerFrom the first number of ranks at which the largest matrix takes its owner longer
 *     than forward and backward pass take a rank, as matrices are not divided; 0 if there is none
 */
public record ScalingLimit(
    int mostRanks, int fastestRanks, double fastestStep, int exchangeFrom, int ownerFrom) {

  private static final int LARGEST_CLUSTER = 4096;
  private static final int EVERY_COUNT_UP_TO = 32;

  static ScalingLimit of(PlannedModel model, ClusterRates rates) {
    int most = Math.min(LARGEST_CLUSTER, model.configuration().train().sequencesPerStep());
    double largestMatrix =
        model.matrices().stream().mapToDouble(model::orthogonalizationFlops).max().orElse(0)
            / rates.flopsPerSecond();
    int fastestRanks = 1;
    double fastestStep = Double.POSITIVE_INFINITY;
    int exchangeFrom = 0;
    int ownerFrom = 0;
    for (int ranks : counts(most)) {
      StepTime time = time(model, ranks, rates);
      if (time.step() < fastestStep) {
        fastestRanks = ranks;
        fastestStep = time.step();
      }
      if (exchangeFrom == 0 && time.exchange() > time.computation()) {
        exchangeFrom = ranks;
      }
      if (ownerFrom == 0 && largestMatrix > time.backward()) {
        ownerFrom = ranks;
      }
    }
    return new ScalingLimit(most, fastestRanks, fastestStep, exchangeFrom, ownerFrom);
  }

  private static StepTime time(PlannedModel model, int ranks, ClusterRates rates) {
    OwnerPlan owners = model.owners(ranks);
    return StepTime.of(model, owners, new TrafficModel(model, owners), rates);
  }

  /** The numbers of ranks that are tried, in ascending order. */
  static List<Integer> counts(int most) {
    List<Integer> counts = new ArrayList<>();
    for (int ranks = 1; ranks < most; ranks += Math.max(1, ranks / EVERY_COUNT_UP_TO)) {
      counts.add(ranks);
    }
    counts.add(most);
    return counts;
  }
}
