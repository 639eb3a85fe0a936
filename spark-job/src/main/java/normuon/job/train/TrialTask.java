package normuon.job.train;

import ai.djl.Device;
import java.io.Serializable;
import java.util.List;
import normuon.job.checkpoint.CheckpointTensor;
import normuon.job.comm.RankChannel;
import normuon.job.comm.TransportCollectives;
import normuon.job.config.RunConfiguration;
import normuon.torch.ParameterSpec;
import normuon.torch.TorchRuntime;
import org.apache.spark.broadcast.Broadcast;
import scala.collection.Iterator;
import scala.jdk.javaapi.CollectionConverters;
import scala.runtime.AbstractFunction1;

/** One rank of a {@link StepTrial}; gives how many floats its part of the rules' state has. */
final class TrialTask extends AbstractFunction1<Iterator<Integer>, Iterator<Long>>
    implements Serializable {

  private static final long serialVersionUID = 1L;

  private final Broadcast<TrainingPlan> broadcast;
  private final Segment segment;

  TrialTask(Broadcast<TrainingPlan> broadcast, Segment segment) {
    this.broadcast = broadcast;
    this.segment = segment;
  }

  @Override
  public Iterator<Long> apply(Iterator<Integer> ranks) {
    return CollectionConverters.asScala(List.of(run(ranks.next())).iterator());
  }

  private long run(int rank) {
    TrainingPlan plan = broadcast.value();
    RunConfiguration configuration = plan.configuration();
    TorchRuntime.useThreads(configuration.train().threadsPerRank());
    Place place = Place.of(rank, configuration.train().ranks(), configuration.weights());
    Placement placement = Placement.here(rank, configuration.placement().device());
    Device device = placement.torchDevice();
    try (TransportCollectives collectives =
            TransportCollectives.connect(
                segment.attemptId(),
                place.group(),
                RankTask.options(configuration.communication()));
        RankSession session = new SessionFactory(plan, place, device).restore(0);
        WeightLayout layout = session.state().weights().connect(session.state(), collectives)) {
      RankMonitor monitor =
          new RankMonitor(segment, placement, place.worldSize(), collectives::traffic);
      new TrainingLoop(configuration, session, layout, collectives, monitor, new Activity(1))
          .run(segment);
      RankChannel.flush();
      return stateFloats(session.state());
    }
  }

  /** What a checkpoint holds of this rank beside the weights. */
  private static long stateFloats(RankState state) {
    List<String> weights = state.specs().stream().map(ParameterSpec::name).toList();
    return state.shard().stream()
        .filter(tensor -> !weights.contains(tensor.name()))
        .mapToLong(TrialTask::floats)
        .sum();
  }

  private static long floats(CheckpointTensor tensor) {
    long columns = tensor.array().size() / Math.max(1, tensor.array().getShape().get(0));
    return tensor.rows().rows() * columns;
  }
}
