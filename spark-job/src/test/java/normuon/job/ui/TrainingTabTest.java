package normuon.job.ui;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
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
import normuon.job.report.ParameterDiagnostics;
import normuon.job.report.RankRecord;
import normuon.job.report.RunDirectory;
import normuon.job.report.RunReport;
import normuon.job.report.RunStart;
import normuon.job.report.StepDiagnostics;
import normuon.job.report.StepRecord;
import normuon.optimizer.NormSpread;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

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
        .contains("<strong>Training loss:</strong> -", "<td>–</td></tr>")
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

  @ParameterizedTest
  @ValueSource(strings = {"0", "1"})
  void pageAndTerminalShowTheSameNumbers(String interactive) {
    ByteArrayOutputStream terminal = new ByteArrayOutputStream();
    PrintStream output = new PrintStream(terminal, true, StandardCharsets.UTF_8);
    Map<String, String> environment = Map.of("NORMUON_TERMINAL", interactive);
    RunReport report =
        new RunReport(
            RunConfiguration.fromYaml("{report.line_every_steps: 1, train.steps: 80}", "test"),
            directory(),
            output,
            environment,
            () -> true);
    tab =
        new TrainingTab(
            RunConfiguration.fromYaml("train.steps: 80", "test"), directory(), attached::add);
    try (ObservedReport run = new ObservedReport(report, List.of(tab))) {
      run.started(START);
      for (int step = 1; step <= 80; step++) {
        run.step(
            new StepRecord(
                step,
                4.0 / step,
                0.01 / step,
                1000,
                0.5 * step,
                90 + step,
                1,
                60,
                10,
                5,
                15,
                4,
                5,
                0.5,
                1e4 + 50 * step,
                8,
                0,
                null,
                null));
      }
    }

    String[] shown = terminal.toString(StandardCharsets.UTF_8).stripTrailing().split("[\n\r]");
    String page = TrainingPage.html(tab.view());
    List<String> figures =
        List.of(shown[shown.length - 1].replace("\033[K", "").strip().split(" {2,}")).stream()
            .skip(1)
            .map(figure -> figure.replaceAll("^(loss|lr|grad|left) | left$", ""))
            .toList();
    assertThat(figures).contains("0.0500").hasSize(interactive.equals("1") ? 3 : 6);
    assertThat(figures)
        .allSatisfy(figure -> assertThat(page).contains("</strong> " + figure + "</li>"));
  }

  @Test
  void measurementsAreShownByRule() {
    NormSpread even = NormSpread.of(new double[] {1, 1});
    NormSpread uneven = NormSpread.of(new double[] {1, 7});
    tab.started(START);
    tab.diagnosed(
        new StepDiagnostics(
            200,
            0.25,
            List.of(
                matrix("a", 0.125, uneven, even, 40, 2),
                matrix("b", 0.25, even, even, 1000, Double.NaN),
                new ParameterDiagnostics(
                    "c", "adamw", 3, 1, 2, 0.5, 0.0625, null, null, null, null))));

    assertThat(TrainingPage.html(tab.view()))
        .contains("Optimizer in step 200 (25 % of the steps before it clipped)")
        .contains(
            "<td>normuon</td><td>2</td><td>0.188</td><td>%.3f</td><td>0.000</td><td>1,000</td><td>2</td>"
                .formatted(uneven.deviation() / 2))
        .contains(
            "<td>adamw</td><td>1</td><td>0.0625</td><td>–</td><td>–</td><td>–</td><td>–</td>");
  }

  private static ParameterDiagnostics matrix(
      String name, double share, NormSpread before, NormSpread after, double first, double second) {
    return new ParameterDiagnostics(
        name, "normuon", 3, 5, 2, 0.5, share, before, after, first, second);
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
        step, loss, 0.01, 1000, 0.5, 100, 1, 60, 10, 5, 15, 4, 5, 0.5, 1e4, 8, 0, null, null);
  }

  /** A step with so many milliseconds of backward. */
  private static StepRecord stepOf(int step, double backward) {
    return new StepRecord(
        step, 2, 0.01, 1000, 0.5, 100, 1, backward, 10, 5, 15, 4, 5, 0.5, 1e4, 8, 0, null, null);
  }

  private static RankRecord rank(int rank, int worldSize, double rate) {
    Map<String, Double> phases = Map.of("backward", 20.25);
    return new RankRecord(
        rank, worldSize, "host", "7", "cpu", 12, 30.5, phases, 0, 5000, 6000, rate);
  }
}
