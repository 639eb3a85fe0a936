package normuon.job.train;

import java.io.Serializable;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import normuon.job.checkpoint.CheckpointSnapshot;
import normuon.job.checkpoint.CheckpointWriter;
import normuon.job.checkpoint.ShardFile;
import normuon.job.comm.CommunicationOptions;
import normuon.job.comm.RankChannel;
import normuon.job.comm.TransportCollectives;
import normuon.job.comm.WirePrecision;
import normuon.job.config.CommunicationSettings;
import normuon.job.config.RunConfiguration;
import normuon.optimizer.NonFiniteGradientException;
import normuon.optimizer.shard.Collectives;
import normuon.torch.ParameterSpec;
import normuon.torch.TorchRuntime;
import org.apache.hadoop.fs.Path;
import org.apache.spark.broadcast.Broadcast;
import scala.collection.Iterator;
import scala.jdk.javaapi.CollectionConverters;
import scala.runtime.AbstractFunction1;

/** The barrier task of one rank: connects, finds or restores its state, and trains a segment. */
final class RankTask extends AbstractFunction1<Iterator<Integer>, Iterator<SegmentResult>>
    implements Serializable {

  private static final long serialVersionUID = 1L;

  /** What an executor that starts may need even if the ranks must answer sooner. */
  private static final Duration SHORTEST_START = Duration.ofMinutes(1);

  private static final long MESSAGES_OF_A_PARAMETER = 4;
  private static final long SMALL_MESSAGES = 64 << 20;

  private final Broadcast<TrainingPlan> broadcast;
  private final Segment segment;

  RankTask(Broadcast<TrainingPlan> broadcast, Segment segment) {
    this.broadcast = broadcast;
    this.segment = segment;
  }

  @Override
  public Iterator<SegmentResult> apply(Iterator<Integer> ranks) {
    return CollectionConverters.asScala(List.of(run(ranks.next())).iterator());
  }

  private SegmentResult run(int rank) {
    Activity activity = new Activity(segment.from().step() + 1);
    try {
      return run(
          broadcast.value(),
          Place.of(rank, segment.ranks(), broadcast.value().configuration().weights()),
          activity);
    } catch (Throwable failure) {
      throw RankFailure.of(rank, activity, failure).report(segment.attemptId(), failure);
    }
  }

  private SegmentResult run(TrainingPlan plan, Place place, Activity activity) {
    RunConfiguration configuration = plan.configuration();
    TorchRuntime.useThreads(configuration.train().threadsPerRank());
    Placement placement = Placement.here(place.rank(), configuration.placement().device());
    RankChannel.report(segment.attemptId(), placement);
    CommunicationOptions options = options(configuration.communication());
    try (TransportCollectives collectives =
        TransportCollectives.connect(segment.attemptId(), place.group(), options)) {
      activity.begin(segment.from().step() + 1, Activity.RESTORE);
      RankSession session = session(plan, place, collectives, placement);
      boolean kept = false;
      try {
        collectives.limitWaiting(mostWaitingBytes(session.state()));
        SegmentResult result;
        try (WeightLayout layout =
            session.state().weights().connect(session.state(), collectives)) {
          result = train(plan, session, layout, collectives, placement, activity);
        }
        if (!segment.last() && result.divergence().isEmpty()) {
          ResidentRanks.put(plan.runId(), place, segment.toStep(), session);
          kept = true;
        }
        return result;
      } finally {
        if (!kept) {
          session.close();
        }
      }
    }
  }

  /** What stayed in this process if every rank has it, else what the last checkpoint says. */
  private RankSession session(
      TrainingPlan plan, Place place, Collectives collectives, Placement placement) {
    Optional<RankSession> resident = ResidentRanks.take(plan.runId(), place, segment.from().step());
    boolean kept = false;
    try {
      double residents = collectives.allReduce(resident.isPresent() ? 1 : 0)[0];
      kept = residents == collectives.worldSize();
    } finally {
      if (!kept) {
        resident.ifPresent(RankSession::close);
      }
    }
    if (kept) {
      return resident.orElseThrow();
    }
    awaitShards(plan.configuration(), collectives);
    return new SessionFactory(plan, place, placement.torchDevice()).restore(segment.from().step());
  }

  /**
   * Returns when every shard that ranks still write is in the store, and the driver knows of it.
   */
  private static void awaitShards(RunConfiguration configuration, Collectives collectives) {
    BackgroundWrites.awaitAll(Duration.ofSeconds(configuration.communication().deadlineSeconds()));
    RankChannel.flush();
    collectives.allReduce(0);
  }

  private SegmentResult train(
      TrainingPlan plan,
      RankSession session,
      WeightLayout layout,
      TransportCollectives collectives,
      Placement placement,
      Activity activity) {
    RunConfiguration configuration = plan.configuration();
    int rank = collectives.rank();
    RankMonitor monitor =
        new RankMonitor(segment, placement, collectives.worldSize(), collectives::traffic);
    Progress progress;
    try {
      progress =
          new TrainingLoop(configuration, session, layout, collectives, monitor, activity)
              .run(segment);
    } catch (NonFiniteGradientException e) {
      session.writes().await();
      RankChannel.flush();
      return new SegmentResult(
          RankPlace.here(rank), e.getMessage(), segment.from(), Double.NaN, 0, "");
    }
    activity.begin(segment.toStep(), Activity.WRITE_CHECKPOINT);
    if (segment.trains()) {
      beginShard(plan, session, collectives);
    }
    activity.begin(segment.toStep(), "evaluate");
    Evaluation evaluation =
        segment.evaluate()
            ? evaluate(configuration, session, layout, collectives)
            : Evaluation.NONE;
    // Of a model that is not finite the driver says so; no token can be drawn from it.
    boolean sampled =
        segment.last()
            && (rank == 0 || layout.passesTakeEveryRank())
            && Double.isFinite(evaluation.loss());
    String sample = sampled ? TextSample.of(session, layout.model(), configuration) : "";
    if (segment.last()) {
      activity.begin(segment.toStep(), Activity.WRITE_CHECKPOINT);
      session.writes().await();
    }
    RankChannel.flush();
    return new SegmentResult(
        RankPlace.here(rank), "", progress, evaluation.loss(), evaluation.tokens(), sample);
  }

  /**
   * At least what one peer sends in a step, and none begins another before all have ended theirs: a
   * parameter travels as gradient, momentum and update, and once more for its curvature.
   */
  private static long mostWaitingBytes(RankState state) {
    long elements = state.specs().stream().mapToLong(ParameterSpec::elements).sum();
    return MESSAGES_OF_A_PARAMETER * elements * Float.BYTES + SMALL_MESSAGES;
  }

  private static Evaluation evaluate(
      RunConfiguration configuration,
      RankSession session,
      WeightLayout layout,
      Collectives collectives) {
    int windows = configuration.train().sequencesAtOnce(collectives.worldSize());
    return Evaluation.of(session, layout, collectives, configuration.model().context(), windows);
  }

  /** Copies this rank's rows, which then are written while it goes on. */
  private void beginShard(TrainingPlan plan, RankSession session, Collectives collectives) {
    session.writes().await();
    RunFiles files = RunFiles.of(plan.runDirectory());
    Path folder = files.checkpoints().folder(segment.toStep());
    int rank = collectives.rank();
    int worldSize = collectives.worldSize();
    session
        .writes()
        .begin(
            CheckpointSnapshot.of(session.state().shard()),
            snapshot -> {
              ShardFile shard =
                  CheckpointWriter.write(files.fileSystem(), folder, rank, worldSize, snapshot);
              // The checkpoint may be complete only in the next segment, which is another attempt.
              RankChannel.report(plan.runId(), new WrittenShard(segment.attemptId(), rank, shard));
            });
  }

  static CommunicationOptions options(CommunicationSettings settings) {
    Duration deadline = Duration.ofSeconds(settings.deadlineSeconds());
    Duration start = deadline.compareTo(SHORTEST_START) < 0 ? SHORTEST_START : deadline;
    WirePrecision precision =
        switch (settings.precision()) {
          case F32 -> WirePrecision.F32;
          case BF16 -> WirePrecision.BF16;
        };
    return new CommunicationOptions(deadline, start, settings.bucketBytes(), precision);
  }
}
