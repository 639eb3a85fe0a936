package normuon.job.train;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.UUID;
import normuon.job.checkpoint.CheckpointStore;
import normuon.job.config.DataSettings;
import normuon.job.config.InvalidConfigurationException;
import normuon.job.config.RunConfiguration;
import normuon.job.data.Preparation;
import normuon.job.data.PreparationRequest;
import normuon.job.data.SampleGrammar;
import normuon.job.data.Split;
import normuon.job.data.TokenManifest;
import normuon.job.report.AttemptRecord;
import normuon.job.report.EvaluationRecord;
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
  private final RunReporter reporter;
  private final RunFiles files;
  private final CheckpointStore checkpoints;

  /** Creates the driver of a run. */
  public TrainingDriver(SparkSession spark, RunConfiguration configuration, RunReporter reporter) {
    this.spark = spark;
    this.configuration = configuration;
    this.reporter = reporter;
    this.files = RunFiles.of(configuration.runDirectory().toString());
    this.checkpoints = files.checkpoints();
  }

  /**
   * Trains to the last step.
   *
   * @throws InvalidConfigurationException if the configuration does not fit the data
   * @throws RunStoppedException if training diverges, or fails too often
   */
  public void run() {
    TokenManifest tokens = prepare();
    GptConfiguration model = model(tokens);
    List<ParameterSpec> specs = Gpt.specs(model);
    ModelPlan plan = plan(specs);
    Progress progress = committed();
    reporter.started(start(progress, specs, tokens, plan));
    train(progress, specs, tokens);
  }

  /** How far the run has come, as its checkpoints say. */
  private Progress committed() {
    return checkpoints.newest().map(Progress::of).orElse(Progress.START);
  }

  private TokenManifest prepare() {
    DataSettings data = configuration.data();
    PreparationRequest request =
        new PreparationRequest(
            data.path(),
            data.format().name().toLowerCase(Locale.ROOT),
            data.textColumn(),
            data.tokenizer().name().toLowerCase(Locale.ROOT),
            data.validationFraction(),
            configuration.tokensDirectory().toString(),
            configuration.model().context());
    try {
      return new Preparation(spark).prepare(request);
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot prepare data.path " + data.path(), e);
    }
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

  private void train(Progress start, List<ParameterSpec> specs, TokenManifest tokens) {
    long began = System.nanoTime();
    Broadcast<TrainingPlan> plan = broadcast();
    SegmentRunner runner = new SegmentRunner(spark.sparkContext(), plan, configuration);
    SegmentSchedule schedule = new SegmentSchedule(plan.value().runId(), configuration);
    CheckpointRecords records = new CheckpointRecords(configuration, specs, tokens);
    Recovery recovery = recovery();
    Progress progress = start;
    SegmentResult result = null;
    try {
      while (result == null || !schedule.ends(progress)) {
        Segment segment = next(schedule, progress, recovery);
        try {
          clearTarget(segment);
          List<SegmentResult> results = runner.run(segment, this::report);
          result = results.get(0);
          requireConverged(segment, result);
          progress = result.progress();
          if (segment.trains()) {
            checkpoints.commit(records.manifest(progress, results));
            recovery.committed();
          }
          reportEnd(segment, result);
        } catch (AttemptFailedException failure) {
          reporter.notice("An attempt failed: " + failure.getMessage());
          recovery.failed(failure, progress.step());
          progress = committed();
        }
      }
    } finally {
      plan.destroy();
    }
    finish(start, progress, result, Duration.ofNanos(System.nanoTime() - began));
  }

  private Recovery recovery() {
    return new Recovery(
        configuration.recovery(), configuration.train().ranks(), Slots.of(spark.sparkContext()));
  }

  private Segment next(SegmentSchedule schedule, Progress progress, Recovery recovery) {
    int ranks = recovery.ranks();
    recovery
        .change()
        .ifPresent(
            reason -> reporter.continued(new AttemptRecord((int) progress.step(), ranks, reason)));
    return schedule.after(progress, ranks);
  }

  /** What an attempt that broke off may have left where this segment's checkpoint goes. */
  private void clearTarget(Segment segment) {
    if (segment.trains()) {
      checkpoints.clear(segment.toStep());
    }
  }

  private Broadcast<TrainingPlan> broadcast() {
    TrainingPlan plan =
        new TrainingPlan(
            UUID.randomUUID().toString(),
            configuration,
            files.directory().toString(),
            configuration.tokensDirectory().toString());
    ClassTag<TrainingPlan> type = ClassTag$.MODULE$.apply(TrainingPlan.class);
    return spark.sparkContext().broadcast(plan, type);
  }

  private void report(Object message) {
    if (message instanceof StepRecord step) {
      reporter.step(step);
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
    reporter.checkpointed(step);
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
