package normuon.job.plan;

import java.util.ArrayList;
import java.util.List;
import normuon.model.ModelStages;
import normuon.optimizer.shard.Bucket;
import normuon.optimizer.shard.ShardGroup;
import normuon.torch.ParameterSpec;

/**
 * What the ranks of a step send each other where they hold rows of the weights. Weights are
 * gathered and gradients reduced stage by stage; owners send each rank its rows of an update, and
 * what is updated element by element does not travel.
 *
 * @param model what is trained
 * @param group this rank among those that hold the rows with it
 * @param buckets which matrices travel together
 * @param valueBytes of a gradient, momentum or update on its way
 * @param messageBytes of the longest message
 */
record ShardedTraffic(
    PlannedModel model, ShardGroup group, List<Bucket> buckets, int valueBytes, long messageBytes) {

  /** The sums of rows in a group, which go from group to group, and back from the last one. */
  Flow reduceScatter() {
    Flow flow = Flow.NONE;
    for (int stage = 0; stage < model.stages().count(); stage++) {
      flow = flow.plus(reduceScatter(reduced(stage)));
    }
    return flow;
  }

  /** The gradient of a tied head is complete with the embedding's. */
  private List<ParameterSpec> reduced(int stage) {
    List<ParameterSpec> specs = new ArrayList<>(model.stages().specs(stage));
    if (stage != ModelStages.EMBEDDING) {
      specs.removeAll(model.stages().specs(ModelStages.EMBEDDING));
    }
    return specs;
  }

  private Flow reduceScatter(List<ParameterSpec> parameters) {
    long own = rows(parameters, group.position(), valueBytes);
    Flow flow = new Flow(0, (group.size() - 1) * own, 0);
    for (int position = 0; position < group.size(); position++) {
      if (position != group.position()) {
        flow = flow.plus(sent(rows(parameters, position, valueBytes)));
      }
    }
    int last = group.groups() - 1;
    if (group.index() < last) {
      flow = flow.plus(sent(own)).plus(new Flow(0, own, 0));
    }
    if (group.index() > 0) {
      flow = flow.plus(new Flow(0, own, 0));
    }
    for (int other = 0; group.index() == last && other < last; other++) {
      flow = flow.plus(sent(own));
    }
    return flow;
  }

  /** Each stage for a pass that is not followed by a backward pass. */
  Flow gatherForward() {
    Flow flow = Flow.NONE;
    for (int stage = 0; stage < model.stages().count(); stage++) {
      flow = flow.plus(gather(model.stages().specs(stage)));
    }
    return flow;
  }

  /** Each stage for the forward pass, and blocks that are not kept again for the backward pass. */
  Flow gather() {
    Flow flow = Flow.NONE;
    for (int stage = 0; stage < model.stages().count(); stage++) {
      boolean block = stage != ModelStages.EMBEDDING && stage != model.stages().output();
      int times = block && !model.isKept(stage) ? 2 : 1;
      for (int i = 0; i < times; i++) {
        flow = flow.plus(gather(model.stages().specs(stage)));
      }
    }
    return flow;
  }

  private Flow gather(List<ParameterSpec> parameters) {
    long own = rows(parameters, group.position(), Float.BYTES);
    long whole = whole(parameters, Float.BYTES);
    Flow flow = new Flow(0, whole - own, 0);
    for (int peer = 1; peer < group.size(); peer++) {
      flow = flow.plus(sent(own));
    }
    return flow;
  }

  /** Rows of momentum to the owners of the own group. */
  Flow collect() {
    Flow flow = Flow.NONE;
    for (Bucket bucket : buckets) {
      long own = rows(bucket.matrices(), group.position(), valueBytes);
      if (bucket.owner() == group.rank()) {
        flow = flow.plus(new Flow(0, whole(bucket.matrices(), valueBytes) - own, 0));
      } else if (group.isMember(bucket.owner())) {
        flow = flow.plus(sent(own));
      }
    }
    return flow;
  }

  /** Rows of updates to every rank of every group. */
  Flow scatter() {
    Flow flow = Flow.NONE;
    for (Bucket bucket : buckets) {
      if (bucket.owner() == group.rank()) {
        for (int rank = 0; rank < group.worldSize(); rank++) {
          if (rank != group.rank()) {
            flow = flow.plus(sent(rows(bucket.matrices(), rank % group.size(), valueBytes)));
          }
        }
      } else {
        flow = flow.plus(new Flow(0, rows(bucket.matrices(), group.position(), valueBytes), 0));
      }
    }
    return flow;
  }

  private Flow sent(long bytes) {
    return new Flow(bytes, 0, (bytes + messageBytes - 1) / messageBytes);
  }

  private long rows(List<ParameterSpec> parameters, int position, int bytes) {
    return TrafficModel.bytesOfRows(parameters, group.size(), position) / Float.BYTES * bytes;
  }

  private static long whole(List<ParameterSpec> parameters, int bytes) {
    return parameters.stream().mapToLong(ParameterSpec::elements).sum() * bytes;
  }
}
