package normuon.job.plan;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import normuon.job.config.InvalidConfigurationException;
import normuon.job.config.RunConfiguration;
import normuon.optimizer.ParameterGroup;
import normuon.optimizer.shard.OwnerPlan;
import normuon.torch.ParameterSpec;

/**
 * What a run does and needs on a number of ranks. Bytes are per rank, and of a step; times in
 * seconds.
 *
 * @param ranks the number of ranks
 * @param parameters weights of the model
 * @param sequencesPerRank the most sequences that a rank takes of a step
 * @param context tokens of a sequence
 * @param passes one line: how forward and backward are computed
 * @param rules one line for each group of parameters: its rule, its numbers, what it updates
 * @param owners which rank orthogonalizes which matrix
 * @param loads the work of each rank, as the assignment counts it, over the mean
 * @param memory of the rank that needs the most
 * @param layouts every layout of the weights, each with the memory of the rank that needs the most
 * @param traffic each number of the rank that has the most of it
 * @param allTraffic of all ranks together
 * @param rates what the times are predicted from
 * @param time the predicted time of a step
 * @param scaling where more ranks stop to pay
 */
public record RunPlan(
    int ranks,
    long parameters,
    long sequencesPerRank,
    int context,
    String passes,
    List<String> rules,
    Map<String, Integer> owners,
    List<Double> loads,
    RankMemory memory,
    List<LayoutMemory> layouts,
    StepTraffic traffic,
    StepTraffic allTraffic,
    ClusterRates rates,
    StepTime time,
    ScalingLimit scaling) {

  /**
   * Plans {@code train.ranks} ranks.
   *
   * @param vocabularySize tokens of the tokenizer
   * @param heapBytes the heap of an executor
   * @throws InvalidConfigurationException if the configuration fits no model
   */
  public static RunPlan of(
      RunConfiguration configuration, int vocabularySize, long heapBytes, ClusterRates rates) {
    PlannedModel model = PlannedModel.of(configuration, vocabularySize);
    int ranks = configuration.train().ranks();
    OwnerPlan owners = model.owners(ranks);
    TrafficModel traffic = new TrafficModel(model, owners);
    StepTraffic most = traffic.most();
    RankMemory memory = RankMemory.heaviest(model, ranks, heapBytes);
    return new RunPlan(
        ranks,
        model.parameters().stream().mapToLong(ParameterSpec::elements).sum(),
        model.sequencesOfRank(ranks),
        model.shape().context(),
        model.describePasses(),
        model.groups().stream().map(ParameterGroup::describe).toList(),
        byName(model, owners),
        loads(owners),
        memory,
        new Layouts(model).on(ranks),
        most,
        traffic.sum(),
        rates,
        StepTime.of(model, owners, traffic, rates),
        ScalingLimit.of(model, rates));
  }

  private static Map<String, Integer> byName(PlannedModel model, OwnerPlan owners) {
    Map<String, Integer> byName = new TreeMap<>();
    model.matrices().forEach(matrix -> byName.put(matrix.name(), owners.owner(matrix.name())));
    return byName;
  }

  private static List<Double> loads(OwnerPlan owners) {
    int ranks = owners.worldSize();
    double sum = IntStream.range(0, ranks).mapToLong(owners::load).sum();
    return IntStream.range(0, ranks)
        .mapToObj(rank -> sum == 0 ? 1 : owners.load(rank) * ranks / sum)
        .toList();
  }

  /** The largest load over the mean: 1 if the work is divided evenly. */
  public double imbalance() {
    return loads.stream().mapToDouble(Double::doubleValue).max().orElse(1);
  }

  /** Ranks that own no matrix. */
  public long ranksWithoutMatrix() {
    return ranks - owners.values().stream().distinct().count();
  }

  /** The smallest {@code spark.executor.memoryOverhead} of an executor with so many ranks. */
  public long overheadMebibytes(int ranksOfExecutor) {
    return (memory.nativePeakOf(ranksOfExecutor, 1) + (1 << 20) - 1) >> 20;
  }
}
