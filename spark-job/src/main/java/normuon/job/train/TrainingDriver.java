package normuon.job.train;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.UUID;
import normuon.job.checkpoint.CheckpointStore;
import normuon.job.config.InvalidConfigurationException;
import normuon.job.config.RunConfiguration;
import normuon.job.data.SampleGrammar;
import normuon.job.data.Split;
import normuon.job.data.TokenManifest;
import normuon.job.report.EvaluationRecord;
import normuon.job.report.RankRecord;
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
  private final Map<Integer, Placement> placements = new HashMap<>();

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
   * @throws RunStoppedException if training diverges
   */
  public void run() {
    TokenManifest tokens = RunTokens.prepare(spark, configuration);
    GptConfiguration model = model(tokens);
    List<ParameterSpec> specs = Gpt.specs(model);
    ModelPlan plan = plan(specs);
    Progress progress = checkpoints.newest().map(Progress::of).orElse(Progress.START);
    reporter.started(start(progress, specs, tokens, plan));
    train(progress, plan, tokens);
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

  private void train(Progress start, ModelPlan modelPlan, TokenManifest tokens) {
    long began = System.nanoTime();
    Broadcast<TrainingPlan> plan = broadcast();
    SegmentRunner runner =
        new SegmentRunner(spark.sparkContext(), plan, configuration.train().ranks());
    SegmentSchedule schedule = new SegmentSchedule(plan.value().runId(), configuration);
    CheckpointRecords records = new CheckpointRecords(configuration, modelPlan, tokens);
    Progress progress = start;
    SegmentResult result;
    try {
      Segment segment;
      do {
        segment = schedule.after(progress);
        clearTarget(segment);
        List<SegmentResult> results = runner.run(segment, this::report);
        result = results.get(0);
        requireConverged(segment, result);
        progress = result.progress();
        if (segment.trains()) {
          checkpoints.commit(records.manifest(progress, results));
        }
        reportEnd(segment, result);
      } while (!segment.last());
    } finally {
      plan.destroy();
    }
    finish(start, progress, result, Duration.ofNanos(System.nanoTime() - began));
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
