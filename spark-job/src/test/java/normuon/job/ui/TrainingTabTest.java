package normuon.job.ui;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.function.Supplier;
import normuon.job.config.RunConfiguration;
import normuon.job.report.EvaluationRecord;
import normuon.job.report.ObservedReport;
import normuon.job.report.RankRecord;
import normuon.job.report.RunDirectory;
import normuon.job.report.RunStart;
import normuon.job.report.StepRecord;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrainingTabTest {

  private static final RunConfiguration CONFIGURATION =
      RunConfiguration.fromYaml("run.directory: 'a <b> & \"c\"'\ntrain.steps: 1000", "test");
  private static final RunStart START =
      new RunStart(0, 1, 1, 1, OptionalDouble.of(1.25), "plan", "routing");

  private final List<Supplier<TrainingView>> attached = new ArrayList<>();

  @TempDir private Path folder;

  private TrainingTab tab;

  @BeforeEach
  void createTab() {
    tab = new TrainingTab(CONFIGURATION, directory(), attached::add);
  }

  @Test
  void aRunThatHasJustBegunHasAPage() {
    tab.started(START);

    assertThat(attached).hasSize(1);
    String page = TrainingPage.html(attached.get(0).get());
    assertThat(page)
        .contains("running, step 0 of 1,000", "No step yet.", "none yet")
        .contains("a &lt;b&gt; &amp; &quot;c&quot;")
        .doesNotContain("<b>");
  }

  @Test
  void numbersThatDoNotExistAreDashes() {
    tab.started(START);
    tab.step(step(1, Double.NaN));
    tab.evaluated(new EvaluationRecord(1, Double.NaN, 10));
    tab.rank(rank(0, 1, Double.NaN));

    String page = TrainingPage.html(tab.view());
    assertThat(page)
        .contains("<strong>Training loss:</strong> –", "<td>–</td></tr>")
        .doesNotContain("NaN");
  }

  @Test
  void phasesAreAveragedOverRecentStepsOnly() {
    tab.started(START);
    for (int step = 1; step <= 150; step++) {
      tab.step(stepOf(step, step <= 50 ? 1e6 : step <= 100 ? 60 : 160));
    }

    assertThat(tab.view().recentPhaseMs().keySet())
        .containsExactly(
            "data",
            "backward",
            "reduce",
            "collect",
            "orthogonalize",
            "broadcast",
            "apply",
            "control");
    assertThat(tab.view().recentPhaseMs().get("backward")).isCloseTo(110, within(1e-9));
  }

  @Test
  void aResumedRunShowsItsCurveFromTheBeginning() throws IOException {
    Files.writeString(
        folder.resolve("metrics.jsonl"),
        """
        {"step":1,"loss":4.5}
        {"step":2,"loss":null}
        {"step":3,"loss":3.5}
        {"step":3,"validation_loss":3.75}
        {"step":4,"lo""");
    tab.started(new RunStart(3, 1, 1, 1, OptionalDouble.empty(), "plan", "routing"));
    tab.step(step(4, 3));

    assertThat(tab.view().training())
        .containsExactly(
            new LossCurve.Point(1, 4.5), new LossCurve.Point(3, 3.5), new LossCurve.Point(4, 3));
    assertThat(tab.view().validation()).containsExactly(new LossCurve.Point(3, 3.75));
  }

  @Test
  void ranksThatAreGoneAreNotShown() {
    tab.rank(rank(2, 3, 1));
    tab.rank(rank(0, 3, 1));
    tab.rank(rank(0, 2, 1));

    assertThat(tab.view().ranks()).extracting(RankRecord::rank).containsExactly(0);
  }

  @Test
  void withoutSparksInterfaceTheRunGoesOn() {
    TrainingTab moved =
        new TrainingTab(
            CONFIGURATION,
            directory(),
            view -> {
              throw new NoClassDefFoundError("org/apache/spark/ui/SparkUITab");
            });
    try (ObservedReport run = new ObservedReport(tab, List.of(moved))) {
      run.started(START);
      run.step(step(1, 3.5));
    }

    assertThat(tab.view().training()).containsExactly(new LossCurve.Point(1, 3.5));
    assertThat(moved.view().training()).as("told no more").isEmpty();
    assertThat(tab.view().state()).isEqualTo("stopped");
  }

  private RunDirectory directory() {
    return new RunDirectory(
        new org.apache.hadoop.fs.Path(folder.toUri()), new Configuration(false));
  }

  private static StepRecord step(int step, double loss) {
    return new StepRecord(
        step, loss, 0.01, 1000, 0.5, 100, 1, 60, 10, 5, 15, 4, 5, 0.5, 1e4, 8, 0, null);
  }

  /** A step with so many milliseconds of backward. */
  private static StepRecord stepOf(int step, double backward) {
    return new StepRecord(
        step, 2, 0.01, 1000, 0.5, 100, 1, backward, 10, 5, 15, 4, 5, 0.5, 1e4, 8, 0, null);
  }

  private static RankRecord rank(int rank, int worldSize, double rate) {
    Map<String, Double> phases = Map.of("backward", 20.25);
    return new RankRecord(
        rank, worldSize, "host", "7", "cpu", 12, 30.5, phases, 0, 5000, 6000, rate);
  }
}
