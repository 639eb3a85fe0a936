package normuon.job.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import normuon.job.config.RunConfiguration;
import normuon.optimizer.NormSpread;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DiagnosticsTest {

  private static final RunConfiguration CONFIGURATION =
      RunConfiguration.fromYaml(
          "{report.diagnostics_every_steps: 4, optimizer.gradient_clip: 0.4}", "test");
  private static final NormSpread SPREAD = NormSpread.of(new double[] {3, 3, 3});

  @TempDir private Path folder;

  @Test
  void lineHasTheFieldsThatTheReportReads() throws IOException {
    ParameterDiagnostics matrix =
        new ParameterDiagnostics(
            "a.weight", "normuon", 3, 5, 2, 0.5, 0.25, SPREAD, SPREAD, 12.5, Double.NaN);
    ParameterDiagnostics vector =
        new ParameterDiagnostics("b", "adamw", 3, 1, 0, 0.5, 1 / 0.0, null, null, null, null);
    try (DiagnosticsLog log = DiagnosticsLog.open(LocalDirectories.plain(folder), 0)) {
      log.append(new StepDiagnostics(4, 0.75, List.of(matrix, vector)));
    }

    String spread =
        "{\"minimum\":1.0,\"p5\":1.0,\"p25\":1.0,\"median\":1.0,\"p75\":1.0,\"p95\":1.0,"
            + "\"maximum\":1.0,\"mean\":1.0,\"deviation\":0.0}";
    assertThat(folder.resolve("diagnostics.jsonl"))
        .hasContent(
            "{\"step\":4,\"clipped_steps\":0.75,\"parameters\":[{\"name\":\"a.weight\","
                + "\"rule\":\"normuon\",\"rows\":3,\"columns\":5,\"weight_norm\":2.0,"
                + "\"update_norm\":0.5,\"update_to_weight\":0.25,\"row_norms_before\":"
                + spread
                + ",\"row_norms_after\":"
                + spread
                + ",\"momentum_condition\":12.5,\"update_condition\":null},"
                + "{\"name\":\"b\",\"rule\":\"adamw\",\"rows\":3,\"columns\":1,"
                + "\"weight_norm\":0.0,\"update_norm\":0.5,\"update_to_weight\":null}]}\n");
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void linesPastTheCheckpointAreDropped(boolean local) throws IOException {
    RunDirectory directory =
        local ? LocalDirectories.plain(folder) : LocalDirectories.remote(folder);
    try (DiagnosticsLog log = DiagnosticsLog.open(directory, 0)) {
      for (int step : new int[] {4, 8, 12}) {
        log.append(new StepDiagnostics(step, 0, List.of()));
      }
    }
    DiagnosticsLog.open(directory, 8).close();

    assertThat(Files.readAllLines(folder.resolve("diagnostics.jsonl")))
        .extracting(line -> line.substring(0, line.indexOf(',')))
        .containsExactly("{\"step\":4", "{\"step\":8");
  }

  @Test
  void lineComesWithTheLastRankInTheOrderOfTheModel() {
    DiagnosticsAssembly assembly = new DiagnosticsAssembly(CONFIGURATION);

    assertThat(assembly.add(part(4, 2, 3, 0, 4))).isEmpty();
    assertThat(assembly.add(part(4, 0, 3, 1, 3))).isEmpty();
    assertThat(assembly.add(part(4, 1, 3, 2)))
        .hasValueSatisfying(
            line ->
                assertThat(line.parameters())
                    .extracting(ParameterDiagnostics::name)
                    .containsExactly("0", "1", "2", "3", "4"));
  }

  @Test
  void partsOfAStepThatWasBrokenOffDoNotCount() {
    DiagnosticsAssembly assembly = new DiagnosticsAssembly(CONFIGURATION);
    assembly.add(part(8, 2, 3, 0));
    assembly.forgetUnfinished();

    assertThat(assembly.add(part(4, 0, 2, 0))).isEmpty();
    assertThat(assembly.add(part(8, 1, 2, 1)))
        .as("a refused step has no parts from the others")
        .isEmpty();
    assertThat(assembly.add(part(8, 0, 2, 0))).isPresent();
  }

  @Test
  void aRankThatIsAheadDisplacesNothing() {
    DiagnosticsAssembly assembly = new DiagnosticsAssembly(CONFIGURATION);
    assembly.add(part(4, 0, 2, 0));
    assembly.add(part(8, 0, 2, 0));

    assertThat(assembly.add(part(4, 1, 2, 1))).map(StepDiagnostics::step).contains(4);
    assertThat(assembly.add(part(8, 1, 2, 1))).map(StepDiagnostics::step).contains(8);
  }

  @Test
  void whatIsNotFiniteDoesNotHideTheOthers() {
    NormSpread none = NormSpread.of(new double[] {0, 0});
    double nan = Double.NaN;
    ParameterDiagnostics zero =
        new ParameterDiagnostics("a", "muon", 3, 5, 0, 0, nan, none, none, nan, nan);
    ParameterDiagnostics other =
        new ParameterDiagnostics("b", "muon", 3, 5, 2, 0.5, 0.25, SPREAD, SPREAD, 12.5, 1.5);

    assertThat(RuleDiagnostics.of(new StepDiagnostics(4, 0, List.of(zero, other))))
        .containsExactly(new RuleDiagnostics("muon", 2, 0.25, 0, 0, 12.5, 1.5));
  }

  @Test
  void clippedStepsAreCountedSinceTheMeasuredStepBefore() {
    DiagnosticsAssembly assembly = new DiagnosticsAssembly(CONFIGURATION);
    for (int step = 1; step <= 4; step++) {
      assembly.add(ExampleSteps.step(step)); // of gradient norm 0.5
    }
    assertThat(clippedSteps(assembly, 4)).isEqualTo(1);

    assembly.add(ExampleSteps.refused(5));
    assembly.add(ExampleSteps.step(6));
    assembly.add(ExampleSteps.step(9));
    assertThat(clippedSteps(assembly, 8)).as("one of the steps from 5 to 8").isEqualTo(0.25);
    assembly.add(ExampleSteps.refused(6));
    assertThat(clippedSteps(assembly, 8)).as("a step that was made again").isZero();
  }

  @Test
  void stepsOfAnEarlierProcessCountToo() {
    RunDirectory directory = LocalDirectories.plain(folder);
    try (MetricsLog log = MetricsLog.open(directory, 0)) {
      log.append(ExampleSteps.step(1));
      log.append(new EvaluationRecord(1, 2, 3));
      log.append(ExampleSteps.refused(2));
    }
    DiagnosticsAssembly assembly = new DiagnosticsAssembly(CONFIGURATION);
    assembly.recall(directory);

    assertThat(clippedSteps(assembly, 4)).isEqualTo(0.25);
  }

  private static double clippedSteps(DiagnosticsAssembly assembly, int step) {
    return assembly.add(part(step, 0, 1)).orElseThrow().clippedSteps();
  }

  /** What a rank measured of parameters that are named by their places. */
  private static RankDiagnostics part(int step, int rank, int worldSize, int... places) {
    Map<Integer, ParameterDiagnostics> parameters = new HashMap<>();
    for (int place : places) {
      parameters.put(
          place,
          new ParameterDiagnostics(
              "" + place, "muon", 3, 5, 2, 0.5, 0.25, SPREAD, SPREAD, 12.5, 1.5));
    }
    return new RankDiagnostics(step, rank, worldSize, parameters);
  }
}
