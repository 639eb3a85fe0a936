package normuon.job.plan;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import normuon.model.ModelStages;
import normuon.optimizer.shard.Bucket;
import normuon.optimizer.shard.ShardGroup;
import normuon.torch.ParameterSpec;

/**
 * What the ranks of a step send each other where they hold rows of the weights. Weights are
 * gathered and gradients reduced stage by stage; owners send each rank its rows of an update, and
 * what is updated element by element does not travel.
 */
final class ShardedTraffic {

  private final PlannedModel model;
  private final int groupSize;
  private final List<Bucket> buckets;
  private final int valueBytes;
  private final long valuesPerMessage;
  private final List<Gathered> gathered = new ArrayList<>();
  private final List<Rows> reduced = new ArrayList<>();

  /**
   * How many values of some parameters the positions of a group hold.
   *
   * @param held by every position
   * @param whole by all of them
   * @param messages that all positions' rows make, each position's by themselves
   */
  private record Rows(long[] held, long whole, long messages) {}

  /**
   * Weights of a stage that travel in float32, and those that are multiplied in bfloat16 and travel
   * in it.
   */
  private record Gathered(Rows exact, Rows rounded) {}

  /**
   * Counts the rows of every stage.
   *
   * @param model what is trained
   * @param groupSize ranks that hold all rows between them
   * @param buckets which matrices travel together
   * @param valueBytes of a gradient, momentum or update on its way
   * @param valuesPerMessage values of the longest message
   */
  ShardedTraffic(
      PlannedModel model,
      int groupSize,
      List<Bucket> buckets,
      int valueBytes,
      long valuesPerMessage) {
    this.model = model;
    this.groupSize = groupSize;
    this.buckets = buckets;
    this.valueBytes = valueBytes;
    this.valuesPerMessage = valuesPerMessage;
    ModelStages stages = model.stages();
    for (int stage = 0; stage < stages.count(); stage++) {
      gathered.add(new Gathered(rows(exact(stage)), rows(model.rounded(stage))));
      reduced.add(rows(reduced(stages, stage)));
    }
  }

  private List<ParameterSpec> exact(int stage) {
    List<ParameterSpec> specs = new ArrayList<>(model.stages().specs(stage));
    specs.removeAll(model.rounded(stage));
    return specs;
  }

  /** The gradient of a tied head is complete with the embedding's. */
  private static List<ParameterSpec> reduced(ModelStages stages, int stage) {
    List<ParameterSpec> specs = new ArrayList<>(stages.specs(stage));
    if (stage != ModelStages.EMBEDDING) {
      specs.removeAll(stages.specs(ModelStages.EMBEDDING));
    }
    return specs;
  }

  private Rows rows(List<ParameterSpec> parameters) {
    long[] held =
        IntStream.range(0, groupSize).mapToLong(position -> held(parameters, position)).toArray();
    long messages = Arrays.stream(held).map(this::messages).sum();
    return new Rows(held, Arrays.stream(held).sum(), messages);
  }

  /** The sums of rows in a group, which go from group to group, and back from the last one. */
  Flow reduceScatter(ShardGroup group) {
    return reductions(group).stream().reduce(Flow.NONE, Flow::plus);
  }

  private Flow reduceScatter(Rows rows, ShardGroup group) {
    long own = rows.held()[group.position()];
    Flow inside =
        new Flow(
            (rows.whole() - own) * valueBytes,
            (groupSize - 1) * own * valueBytes,
            rows.messages() - messages(own));
    int last = group.groups() - 1;
    boolean isLast = group.index() == last;
    int sums = isLast ? last : 1;
    int received = (isLast ? 0 : 1) + (group.index() > 0 ? 1 : 0);
    return inside
        .plus(sent(own, valueBytes, sums))
        .plus(new Flow(0, received * own * valueBytes, 0));
  }

  /** The same, stage by stage. */
  List<Flow> reductions(ShardGroup group) {
    return reduced.stream().map(rows -> reduceScatter(rows, group)).toList();
  }

  /** What it takes to gather the weights of each stage once. */
  List<Flow> gathers(ShardGroup group) {
    return gathered.stream().map(stage -> gather(stage, group)).toList();
  }

  /** Each stage for a pass that is not followed by a backward pass. */
  Flow gatherForward(ShardGroup group) {
    return gathers(group).stream().reduce(Flow.NONE, Flow::plus);
  }

  /** Each stage for the forward pass, and blocks that are not kept again for the backward pass. */
  Flow gather(ShardGroup group) {
    return IntStream.range(ModelStages.EMBEDDING + 1, gathered.size() - 1)
        .filter(stage -> !model.isKept(stage))
        .mapToObj(stage -> gather(gathered.get(stage), group))
        .reduce(gatherForward(group), Flow::plus);
  }

  private Flow gather(Gathered stage, ShardGroup group) {
    return gather(stage.exact(), Float.BYTES, group)
        .plus(gather(stage.rounded(), Short.BYTES, group));
  }

  private Flow gather(Rows rows, int bytesOfValue, ShardGroup group) {
    long own = rows.held()[group.position()];
    return sent(own, bytesOfValue, groupSize - 1)
        .plus(new Flow(0, (rows.whole() - own) * bytesOfValue, 0));
  }

  /** Rows of momentum to the owners of the own group. */
  Flow collect(ShardGroup group) {
    Flow flow = Flow.NONE;
    for (Bucket bucket : buckets) {
      long own = held(bucket.matrices(), group.position());
      if (bucket.owner() == group.rank()) {
        flow = flow.plus(new Flow(0, (values(bucket) - own) * valueBytes, 0));
      } else if (group.isMember(bucket.owner())) {
        flow = flow.plus(sent(own, valueBytes, 1));
      }
    }
    return flow;
  }

  private static long values(Bucket bucket) {
    return bucket.matrices().stream().mapToLong(ParameterSpec::elements).sum();
  }

  /** Rows of updates to every rank of every group. */
  Flow scatter(ShardGroup group) {
    Flow flow = Flow.NONE;
    for (Bucket bucket : buckets) {
      long own = held(bucket.matrices(), group.position());
      if (bucket.owner() == group.rank()) {
        Rows rows = rows(bucket.matrices());
        long bytes = (group.groups() * rows.whole() - own) * valueBytes;
        flow = flow.plus(new Flow(bytes, 0, group.groups() * rows.messages() - messages(own)));
      } else {
        flow = flow.plus(new Flow(0, own * valueBytes, 0));
      }
    }
    return flow;
  }

  private Flow sent(long values, int bytesOfValue, long peers) {
    return new Flow(peers * values * bytesOfValue, 0, peers * messages(values));
  }

  /** A message has as many values whatever their size. */
  private long messages(long values) {
    return (values + valuesPerMessage - 1) / valuesPerMessage;
  }

  private long held(List<ParameterSpec> parameters, int position) {
    return TrafficModel.bytesOfRows(parameters, groupSize, position) / Float.BYTES;
  }
}
