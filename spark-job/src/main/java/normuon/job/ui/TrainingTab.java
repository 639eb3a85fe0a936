package normuon.job.ui;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Supplier;
import normuon.job.config.RunConfiguration;
import normuon.job.report.EvaluationRecord;
import normuon.job.report.LiveNumbers;
import normuon.job.report.MetricsLog;
import normuon.job.report.Pace;
import normuon.job.report.RankRecord;
import normuon.job.report.RecordFields;
import normuon.job.report.RunDirectory;
import normuon.job.report.RunReporter;
import normuon.job.report.RunStart;
import normuon.job.report.RunSummary;
import normuon.job.report.StepDiagnostics;
import normuon.job.report.StepRecord;
import org.apache.spark.SparkContext;

/**
 * The tab "Training" of Spark's web interface: the curve of a run, where its time goes and how its
 * ranks are doing. It stays after the run, as long as the interface does or until another run
 * starts.
 */
public final class TrainingTab implements RunReporter {

  private static final int TRAINING_POINTS = 2000;
  private static final int VALIDATION_POINTS = 1000;
  private static final int RECENT_STEPS = 100;
  private static final String PHASE_SUFFIX = "_ms";

  private final RunConfiguration configuration;
  private final RunDirectory directory;
  private final Consumer<Supplier<TrainingView>> attachment;
  private final LossCurve training = new LossCurve(TRAINING_POINTS);
  private final LossCurve validation = new LossCurve(VALIDATION_POINTS);
  private final Deque<StepRecord> recent = new ArrayDeque<>();
  private final SortedMap<Integer, RankRecord> ranks = new TreeMap<>();
  private final Pace pace;
  private Optional<LiveNumbers> numbers = Optional.empty();
  private Optional<StepDiagnostics> diagnostics = Optional.empty();
  private OptionalDouble lossFloor = OptionalDouble.empty();
  private Optional<TrainingView.Checkpoint> checkpoint = Optional.empty();
  private String state = "starting";

  /**
   * Creates the tab, which appears when the run starts if Spark's web interface is on.
   *
   * @param spark whose web interface
   * @param configuration of the run
   * @param directory of the run, for what earlier attempts have written
   */
  public TrainingTab(SparkContext spark, RunConfiguration configuration, RunDirectory directory) {
    this(configuration, directory, view -> SparkTab.attach(spark, view));
  }

  /**
   * Creates the tab.
   *
   * @param configuration of the run
   * @param directory of the run
   * @param attachment makes what is given to it visible
   */
  TrainingTab(
      RunConfiguration configuration,
      RunDirectory directory,
      Consumer<Supplier<TrainingView>> attachment) {
    this.configuration = configuration;
    this.directory = directory;
    this.attachment = attachment;
    this.pace = new Pace(configuration.train().steps());
  }

  @Override
  public void started(RunStart start) {
    synchronized (this) {
      lossFloor = start.lossFloor();
      state = "running";
      if (start.step() > 0) {
        MetricsLog.forEach(directory, this::addEarlier);
      }
    }
    attachment.accept(this::view);
  }

  /** Adds a line of an earlier attempt to the curves. */
  private void addEarlier(JsonNode line) {
    int step = line.get("step").asInt();
    if (line.has("loss")) {
      training.add(step, line.get("loss").asDouble(Double.NaN));
    }
    if (line.has("validation_loss")) {
      validation.add(step, line.get("validation_loss").asDouble(Double.NaN));
    }
  }

  @Override
  public synchronized void step(StepRecord step) {
    training.add(step.step(), step.loss());
    numbers = Optional.of(pace.add(step));
    recent.addLast(step);
    if (recent.size() > RECENT_STEPS) {
      recent.removeFirst();
    }
  }

  @Override
  public synchronized void rank(RankRecord rank) {
    ranks.tailMap(rank.worldSize()).clear();
    ranks.put(rank.rank(), rank);
  }

  @Override
  public synchronized void diagnosed(StepDiagnostics step) {
    diagnostics = Optional.of(step);
  }

  @Override
  public synchronized void evaluated(EvaluationRecord evaluation) {
    validation.add(evaluation.step(), evaluation.validationLoss());
  }

  @Override
  public synchronized void checkpointed(int step) {
    checkpoint = Optional.of(new TrainingView.Checkpoint(step, Instant.now()));
  }

  @Override
  public synchronized void finished(RunSummary summary) {
    state = "finished";
  }

  @Override
  public synchronized void close() {
    if (state.equals("running")) {
      state = "stopped";
    }
  }

  /** The run as it is now. */
  synchronized TrainingView view() {
    return new TrainingView(
        configuration.run().directory(),
        state,
        configuration.train().steps(),
        Optional.ofNullable(recent.peekLast()),
        numbers,
        diagnostics,
        recentPhases(),
        training.points(),
        validation.points(),
        lossFloor,
        List.copyOf(ranks.values()),
        checkpoint);
  }

  private Map<String, Double> recentPhases() {
    Map<String, Double> means = new LinkedHashMap<>();
    for (StepRecord step : recent) {
      phases(step).forEach((phase, ms) -> means.merge(phase, ms / recent.size(), Double::sum));
    }
    return means;
  }

  /**
   * The milliseconds of a step by the names of its phases, and those between it and the step
   * before.
   */
  static Map<String, Double> phases(StepRecord step) {
    Map<String, Double> phases = new LinkedHashMap<>();
    RecordFields.numbers(step)
        .forEach(
            (name, value) -> {
              if (name.endsWith(PHASE_SUFFIX) && !name.equals("step" + PHASE_SUFFIX)) {
                String phase = name.substring(0, name.length() - PHASE_SUFFIX.length());
                phases.put(phase, value.doubleValue());
              }
            });
    return phases;
  }
}
