package normuon.job.report;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.IntSummaryStatistics;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * The file {@code metrics.jsonl} of a run: one JSON object per step and per evaluation. A number
 * that is not finite is null, as JSON has no other way to write it.
 */
public final class MetricsLog implements AutoCloseable {

  /** The name of the file in the run directory. */
  public static final String FILE_NAME = "metrics.jsonl";

  private final RecordLog log;

  private MetricsLog(RecordLog log) {
    this.log = log;
  }

  /**
   * Opens the log of a run. Lines of later steps, which the run is about to make again, are
   * dropped.
   *
   * @param directory where the log is
   * @param step the last step whose lines are kept; 0 for a new run
   */
  public static MetricsLog open(RunDirectory directory, int step) {
    return new MetricsLog(RecordLog.open(directory, FILE_NAME, step));
  }

  /** The last step in the log of a run directory; 0 if there is none. */
  public static int lastStep(RunDirectory directory) {
    IntSummaryStatistics steps = new IntSummaryStatistics();
    steps.accept(0);
    forEach(directory, line -> steps.accept(line.path("step").asInt()));
    return steps.getMax();
  }

  /**
   * The evaluations in the log of a run directory, by their steps. Of several of one step the last
   * counts; one whose loss is not finite is left out.
   */
  public static List<EvaluationRecord> evaluations(RunDirectory directory) {
    Map<Integer, EvaluationRecord> evaluations = new TreeMap<>();
    read(directory).stream()
        .filter(line -> line.path("validation_loss").isNumber())
        .forEach(
            line ->
                evaluations.put(
                    line.path("step").asInt(),
                    new EvaluationRecord(
                        line.path("step").asInt(),
                        line.path("validation_loss").asDouble(),
                        line.path("validation_tokens").asLong())));
    return List.copyOf(evaluations.values());
  }

  /**
   * The lines of a run directory's log, without the torn line that a killed process leaves; none if
   * there is no log.
   */
  public static List<JsonNode> read(RunDirectory directory) {
    return RecordLog.read(directory, FILE_NAME);
  }

  /**
   * Reads the lines of {@link #read} one by one, however many there are.
   *
   * @param reader gets each line
   */
  public static void forEach(RunDirectory directory, Consumer<JsonNode> reader) {
    RecordLog.forEach(directory, FILE_NAME, reader);
  }

  /** Adds the line of a step. */
  public void append(StepRecord step) {
    log.append(step);
  }

  /** Adds the line of an evaluation. */
  public void append(EvaluationRecord evaluation) {
    log.append(evaluation);
  }

  /** Adds the line of a run that goes on otherwise than it began. */
  public void append(AttemptRecord attempt) {
    log.append(attempt);
  }

  /** Makes every line visible to readers, where the file system can only write whole files. */
  public void flush() {
    log.flush();
  }

  /** Closes the log as its file is, which is another run's now. */
  void abandon() {
    log.abandon();
  }

  @Override
  public void close() {
    log.close();
  }
}
