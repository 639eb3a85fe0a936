package normuon.job.train;

import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.UUID;
import normuon.job.checkpoint.CheckpointStore;
import normuon.job.checkpoint.RunLease;
import normuon.job.comm.RendezvousPlugin;
import normuon.job.config.InvalidConfigurationException;
import normuon.job.config.RunConfiguration;
import normuon.job.data.SampleGrammar;
import normuon.job.data.Split;
import normuon.job.data.TokenManifest;
import normuon.job.report.AttemptRecord;
import normuon.job.report.DiagnosticsAssembly;
import normuon.job.report.EvaluationRecord;
import normuon.job.report.RankDiagnostics;
import normuon.job.report.RankRecord;
import normuon.job.report.RunDirectory;
import normuon.job.report.RunReporter;
import normuon.job.report.RunStart;
import normuon.job.report.RunStoppedException;
import normuon.job.report.RunSummary;
import normuon.job.report.Status;
import normuon.job.report.StepRecord;
import normuon.model.Gpt;
import normuon.model.GptConfiguration;
import normuon.torch.ParameterSpec;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.SparkSession;
import scala.reflect.ClassTag;
import scala.reflect.ClassTag$;

/**
 * Trains a run from where it stands to its last step: prepares the tokens, runs segment after
 * segment, and commits the checkpoint that each one ends with.
 */
public final class TrainingDriver {

  private final SparkSession spark;
  private final RunConfiguration configuration;
  private final RunLease lease;
  private final RunReporter reporter;
  private final ClusterCheck cluster;
  private final RunFiles files;
  private final CheckpointStore checkpoints;
  private final Map<Integer, Placement> placements = new HashMap<>();
  private final DiagnosticsAssembly diagnostics;

  /**
   * Creates the driver of a run.
   *
   * @param spark where it trains
   * @param configuration the effective configuration
   * @param lease the right to write to the run directory; losing it ends the run
   * @param reporter told how the run goes
   * @param cluster asked before the run goes on otherwise than it began
   */
  public TrainingDriver(
      SparkSession spark,
      RunConfiguration configuration,
      RunLease lease,
      RunReporter reporter,
      ClusterCheck cluster) {
    this.spark = spark;
    this.configuration = configuration;
    this.lease = lease;
    this.reporter = reporter;
    this.cluster = cluster;
    this.diagnostics = new DiagnosticsAssembly(configuration);
    this.files = RunFiles.of(configuration.runDirectory().toString());
    this.checkpoints = files.checkpoints();
    lease.whenLost(spark.sparkContext()::cancelAllJobs);
  }

  /**
   * Trains to the last step.
   *
   * @throws InvalidConfigurationException if the configuration does not fit the data, or no
   *     checkpoint of the run is whole
   * @throws RunStoppedException if training diverges, or fails too often
   */
  public void run() {
    TokenManifest tokens =
        hasBegun()
            ? RunTokens.prepare(spark, configuration)
            : RunTokens.prepareFirst(spark, configuration, reporter::notice);
    GptConfiguration model = model(tokens);
    List<ParameterSpec> specs = Gpt.specs(model);
    ModelPlan plan = plan(specs);
    Optional<InitialModel> initial =
        InitialModel.of(configuration.initialization(), files.hadoop());
    ShardVerification verification = new ShardVerification(spark.sparkContext());
    List<String> unchecked =
        initial
            .map(start -> start.requireFit(configuration, model, tokens, verification))
            .orElse(List.of());
    ResumePoint resume =
        new ResumePoint(
            checkpoints,
            verification.of(checkpoints),
            initial.map(start -> start.progress(configuration)).orElse(Progress.START),
            configuration,
            reporter);
    Progress progress = resume.find();
    diagnostics.recall(new RunDirectory(files.directory(), files.hadoop()));
    reporter.started(start(progress, specs, tokens, plan));
    unchecked.forEach(reporter::notice);
    CheckpointCommitter committer =
        new CheckpointCommitter(
            checkpoints,
            new CheckpointRecords(configuration, specs, tokens),
            configuration,
            resume.damagedSteps(),
            lease,
            reporter);
    try (committer) {
      train(plan(initial), progress, resume, committer);
    }
  }

  /** Whether something may have been trained on the tokens that are there. */
  private boolean hasBegun() {
    return new RunDirectory(files.directory(), files.hadoop())
            .read(RunConfiguration.FILE_NAME)
            .isPresent()
        || !checkpoints.steps().isEmpty();
  }

  private GptConfiguration model(TokenManifest tokens) {
    try {
      return ModelPlan.configuration(configuration.model(), tokens.vocabularySize());
    } catch (IllegalArgumentException e) {
      throw new InvalidConfigurationException(e.getMessage(), e);
    }
  }

  private ModelPlan plan(List<ParameterSpec> specs) {
    try {
      return ModelPlan.of(configuration, specs, configuration.train().ranks());
    } catch (IllegalArgumentException e) {
      throw new InvalidConfigurationException("Cannot use optimizer.groups: " + e.getMessage(), e);
    }
  }

  private RunStart start(
      Progress progress, List<ParameterSpec> specs, TokenManifest tokens, ModelPlan plan) {
    OptionalDouble floor =
        configuration.data().isSample()
            ? OptionalDouble.of(SampleGrammar.entropyPerCharacter())
            : OptionalDouble.empty();
    return new RunStart(
        (int) progress.step(),
        specs.stream().mapToLong(ParameterSpec::elements).sum(),
        tokens.tokens(Split.TRAIN),
        tokens.tokens(Split.VALIDATION),
        floor,
        plan.describe(),
        plan.routing());
  }

  private void train(
      Broadcast<TrainingPlan> plan,
      Progress start,
      ResumePoint resume,
      CheckpointCommitter committer) {
    long began = System.nanoTime();
    ExecutorWatch executors = ExecutorWatch.of(spark.sparkContext());
    SegmentRunner runner = new SegmentRunner(spark.sparkContext(), plan, configuration, executors);
    SegmentSchedule schedule = new SegmentSchedule(plan.value().runId(), configuration);
    RendezvousPlugin.Subscription shards =
        RendezvousPlugin.subscribe(plan.value().runId(), committer::accept);
    Recovery recovery = recovery();
    Progress progress = start;
    SegmentResult result = null;
    try {
      while (result == null || !schedule.ends(progress)) {
        try {
          Segment segment = next(schedule, progress, recovery, executors);
          result = run(runner, segment, committer, recovery);
          progress = result.progress();
        } catch (AttemptFailedException failure) {
          committer.settle();
          progress = recover(failure, progress, resume, recovery);
          result = null;
        }
      }
    } finally {
      committer.settle();
      executors.close();
      shards.close();
    }
    finish(start, progress, result, Duration.ofNanos(System.nanoTime() - began));
  }

  /** Where the run goes on, once the store says so; a store that does not is a failure, too. */
  private Progress recover(
      AttemptFailedException first, Progress before, ResumePoint resume, Recovery recovery) {
    AttemptFailedException failure = first;
    while (true) {
      lease.requireHeld();
      reporter.notice("An attempt failed: " + failure.getMessage());
      recovery.failed(failure, before.step());
      try {
        return resume.find();
      } catch (UncheckedIOException unreachable) {
        failure = new AttemptFailedException(unreachable.getMessage(), unreachable);
      }
    }
  }

  /**
   * Runs a segment. The checkpoint before it is then committed, and its own under way; after the
   * last one that is committed, too.
   */
  private SegmentResult run(
      SegmentRunner runner, Segment segment, CheckpointCommitter committer, Recovery recovery) {
    committer.prepare(segment);
    diagnostics.forgetUnfinished();
    List<SegmentResult> results = runner.run(segment, this::report);
    commit(committer, recovery);
    SegmentResult result = results.get(0);
    requireConverged(segment, result);
    reportEnd(segment, result);
    committer.begin(segment, result.progress(), results.size());
    if (segment.last()) {
      commit(committer, recovery);
    }
    return result;
  }

  private static void commit(CheckpointCommitter committer, Recovery recovery) {
    if (committer.await()) {
      recovery.committed();
    }
  }

  private Recovery recovery() {
    return new Recovery(
        configuration.recovery(), RankRange.of(configuration), Slots.of(spark.sparkContext()));
  }

  private Segment next(
      SegmentSchedule schedule, Progress progress, Recovery recovery, ExecutorWatch executors) {
    int ranks = recovery.ranks();
    Optional<String> change = recovery.change();
    requireFit(ranks, executors.changes());
    change.ifPresent(
        reason -> reporter.continued(new AttemptRecord((int) progress.step(), ranks, reason)));
    return schedule.after(progress, ranks);
  }

  /** A new executor may be on a host that nobody has looked at; fewer ranks each hold more. */
  private void requireFit(int ranks, int changes) {
    try {
      cluster.require(ranks, changes);
    } catch (RunStoppedException stopped) {
      throw stopped;
    } catch (Exception failure) {
      // Not only unchecked ones: Spark's Scala code throws checked exceptions without saying so.
      String message = failure.getMessage() == null ? failure.toString() : failure.getMessage();
      throw new AttemptFailedException(message.lines().findFirst().orElse(""), failure);
    }
  }

  /** Left to Spark's cleaner: told at the end, executors would answer a Spark that is stopped. */
  private Broadcast<TrainingPlan> plan(Optional<InitialModel> initial) {
    TrainingPlan plan =
        new TrainingPlan(
            UUID.randomUUID().toString(),
            configuration,
            files.directory().toString(),
            initial.map(start -> start.folder().toString()).orElse(""),
            configuration.tokens());
    ClassTag<TrainingPlan> type = ClassTag$.MODULE$.apply(TrainingPlan.class);
    return spark.sparkContext().broadcast(plan, type);
  }

  private void report(Object message) {
    if (message instanceof StepRecord step && lease.isHeld()) {
      diagnostics.add(step);
      reporter.step(step);
    } else if (message instanceof RankDiagnostics part && lease.isHeld()) {
      diagnostics.add(part).ifPresent(reporter::diagnosed);
    } else if (message instanceof RankRecord rank) {
      reporter.rank(rank);
    } else if (message instanceof Placement placement) {
      place(placement);
    }
  }

  /** In one process there is but one place. */
  private void place(Placement placement) {
    boolean moved = !placement.equals(placements.put(placement.rank(), placement));
    if (moved && !spark.sparkContext().isLocal()) {
      reporter.placed(placement.toString());
    }
  }

  private void requireConverged(Segment segment, SegmentResult result) {
    int bound = configuration.optimizer().maxRefusedSteps();
    if (!result.divergence().isEmpty()) {
      throw new RunStoppedException(
          Status.DIVERGED,
          "%s; refused steps in a row: %d, more than optimizer.max_refused_steps %d; lower the learning rate, and resume from a checkpoint of before them"
              .formatted(result.divergence(), bound + 1, bound));
    }
    if (segment.evaluate() && !Double.isFinite(result.validationLoss())) {
      throw new RunStoppedException(
          Status.DIVERGED,
          "Invalid validation loss %s after step %d: must be finite; lower the learning rate"
              .formatted(result.validationLoss(), segment.toStep()));
    }
  }

  private void reportEnd(Segment segment, SegmentResult result) {
    int step = (int) segment.toStep();
    if (segment.evaluate()) {
      reporter.evaluated(
          new EvaluationRecord(step, result.validationLoss(), result.validationTokens()));
    }
    reporter.flush();
  }

  private void finish(Progress start, Progress end, SegmentResult result, Duration duration) {
    long sequences = end.sequencesConsumed() - start.sequencesConsumed();
    double tokens = (double) sequences * configuration.model().context();
    reporter.finished(
        new RunSummary(
            duration,
            tokens / (duration.toNanos() / 1e9),
            new EvaluationRecord(
                (int) end.step(), result.validationLoss(), result.validationTokens()),
            "checkpoints/" + checkpoints.folder(end.step()).getName(),
            result.sample()));
  }
}
