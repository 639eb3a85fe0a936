package normuon.job.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.OptionalDouble;
import normuon.job.config.RunConfiguration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunReportTest {

  private static final RunConfiguration CONFIGURATION =
      RunConfiguration.fromYaml("train.steps: 3\noptimizer.schedule.warmup_steps: 0", "test");

  @TempDir private Path folder;

  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private boolean held = true;

  @Test
  void runLeavesItsFilesAndEndsWithItsSummary() throws IOException {
    RunDirectory directory = LocalDirectories.plain(folder);
    new StatusFile(Status.RETRYABLE, 1, "an earlier attempt", "").write(directory);
    try (RunReport report = report(directory)) {
      assertThat(StatusFile.read(directory)).as("nothing happens before the start").isPresent();
      report.started(
          new RunStart(
              0,
              123_456,
              9_000,
              1_000,
              OptionalDouble.of(1.25),
              "ADAMW: all\nrank 0",
              "ADAMW: a\n"));
      assertThat(StatusFile.read(directory)).as("an old status is not this run's").isEmpty();
      report.step(ExampleSteps.step(1));
      report.step(ExampleSteps.step(2));
      report.step(ExampleSteps.step(3));
      report.evaluated(new EvaluationRecord(3, 1.275, 960));
      report.checkpointed(3);
      report.finished(summary());
    }

    assertThat(directory.configuration()).contains(CONFIGURATION);
    assertThat(folder.resolve("routing.txt")).hasContent("ADAMW: a\n");
    assertThat(Files.readAllLines(folder.resolve("metrics.jsonl"))).hasSize(4);
    String paragraph =
        "Trained a decoder of 123,456 weights (2 layers, width 64, context 128) with NorMuon for 3"
            + " steps on 2 ranks in 1 min 5 s, at 12,346 tokens/s. Validation loss 1.2750 nats per"
            + " token over 960 tokens (perplexity 3.58), 2.0% above the text's own entropy of"
            + " 1.2500. Results are in runs/sample: checkpoint checkpoints/step-00000003,"
            + " metrics.jsonl, status.json and config.yaml.";
    assertThat(StatusFile.read(directory))
        .contains(new StatusFile(Status.SUCCEEDED, 3, paragraph, ""));
    assertThat(output())
        .startsWith(
            "Training runs/sample: 123,456 weights, 9,000 tokens to train on, 1,000 to validate on"
                + " (floor 1.2500)\nADAMW: all\nrank 0\n")
        .contains("step 3/3  validation loss 1.2750 (floor 1.2500)  perplexity 3.58\n")
        .contains("\nThe model writes:\nabc\n")
        .endsWith("\nSUCCEEDED\n");
    assertThat(output().replace('\n', ' ')).contains(paragraph);
    assertThat(output().lines()).allSatisfy(line -> assertThat(line).hasSizeLessThan(120));
  }

  @Test
  void refusedStepIsTold() {
    try (RunReport report = report(LocalDirectories.plain(folder))) {
      report.started(new RunStart(0, 1, 2, 3, OptionalDouble.empty(), "", ""));
      report.step(ExampleSteps.refused(1));
    }

    assertThat(output())
        .contains("step 1/3  refused: its gradient is not finite  (1 refused so far)\n");
  }

  @Test
  void refusedEstimateIsTold() {
    try (RunReport report = report(LocalDirectories.plain(folder))) {
      report.started(new RunStart(0, 1, 2, 3, OptionalDouble.empty(), "", ""));
      report.step(ExampleSteps.step(1, new CurvatureRecord(1, true, 0.5)));
    }

    assertThat(output())
        .contains("step 1/3  its estimate of the curvature was refused: it is not finite\n");
  }

  @Test
  void resumedRunSaysWhereItGoesOn() throws IOException {
    RunDirectory directory = LocalDirectories.plain(folder);
    try (RunReport report = report(directory)) {
      report.started(new RunStart(0, 1, 2, 3, OptionalDouble.empty(), "", ""));
      report.step(ExampleSteps.step(1));
      report.step(ExampleSteps.step(2));
    }
    try (RunReport report = report(directory)) {
      report.started(new RunStart(1, 1, 2, 3, OptionalDouble.empty(), "", ""));
    }

    assertThat(output()).contains("Resuming after step 1 in runs/sample: ");
    assertThat(Files.readAllLines(folder.resolve("metrics.jsonl"))).hasSize(1);
    assertThat(StatusFile.read(directory)).as("a run that broke off says nothing").isEmpty();
  }

  @Test
  void runThatGoesOnAfterAFailureSaysWhyAndMakesItsStepsAgain() throws IOException {
    try (RunReport report = report(LocalDirectories.plain(folder))) {
      report.started(new RunStart(0, 1, 2, 3, OptionalDouble.empty(), "", ""));
      report.continued(new AttemptRecord(0, 2, "rank 1 was lost"));
      report.step(ExampleSteps.step(1));
      report.step(ExampleSteps.step(2));
      report.continued(new AttemptRecord(1, 1, "rank 1 failed"));
    }

    assertThat(output()).contains("Going on after step 1 on 1 ranks: rank 1 failed\n");
    assertThat(Files.readAllLines(folder.resolve("metrics.jsonl")))
        .hasSize(3)
        .startsWith("{\"step\":0,\"ranks\":2,\"reason\":\"rank 1 was lost\"}")
        .endsWith("{\"step\":1,\"ranks\":1,\"reason\":\"rank 1 failed\"}");
  }

  @Test
  void filesThatAreAnotherRunsAreLeftAsTheyAre() throws IOException {
    RunDirectory remote = LocalDirectories.remote(folder);
    RunReport report = report(remote);
    report.started(new RunStart(0, 1, 2, 3, OptionalDouble.empty(), "", ""));
    report.step(ExampleSteps.step(1));
    held = false;
    Files.writeString(folder.resolve("metrics.jsonl"), "the new holder's");
    Files.writeString(folder.resolve("diagnostics.jsonl"), "the new holder's");
    report.flush();
    report.evaluated(new EvaluationRecord(1, 1.275, 960));
    report.close();

    assertThat(folder.resolve("metrics.jsonl")).hasContent("the new holder's");
    assertThat(folder.resolve("diagnostics.jsonl")).hasContent("the new holder's");
  }

  @Test
  void statusFileHasTheFieldsThatSchedulersRead() throws IOException {
    RunDirectory directory = LocalDirectories.plain(folder);
    new StatusFile(Status.DIVERGED, 7, "loss is \"NaN\"", "submit/normuon train").write(directory);

    assertThat(folder.resolve("status.json"))
        .hasContent(
            "{\"status\":\"DIVERGED\",\"step\":7,\"message\":\"loss is \\\"NaN\\\"\","
                + "\"resume\":\"submit/normuon train\"}");
  }

  private RunReport report(RunDirectory directory) {
    PrintStream output = new PrintStream(bytes, true, StandardCharsets.UTF_8);
    return new RunReport(CONFIGURATION, directory, output, Map.of(), () -> held);
  }

  private String output() {
    return bytes.toString(StandardCharsets.UTF_8);
  }

  private static RunSummary summary() {
    return new RunSummary(
        Duration.ofMillis(64_900),
        12_345.6,
        new EvaluationRecord(3, 1.275, 960),
        "checkpoints/step-00000003",
        "abc");
  }
}
