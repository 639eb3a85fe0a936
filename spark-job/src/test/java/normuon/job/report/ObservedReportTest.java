package normuon.job.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ObservedReportTest {

  private final List<String> told = new ArrayList<>();

  @Test
  void observersHearAllAfterTheReport() {
    try (ObservedReport run =
        new ObservedReport(reporter("report", null), List.of(reporter("observer", null)))) {
      run.started(null);
      run.step(ExampleSteps.step(1));
      run.rank(null);
      run.evaluated(null);
      run.checkpointed(1);
      run.finished(null);
    }

    assertThat(told)
        .containsExactly(
            "report started",
            "observer started",
            "report step",
            "observer step",
            "report rank",
            "observer rank",
            "report evaluated",
            "observer evaluated",
            "report checkpointed",
            "observer checkpointed",
            "report finished",
            "observer finished",
            "observer close",
            "report close");
  }

  @Test
  void anObserverThatFailsIsToldNoMore() {
    Error moved = new NoSuchMethodError("org.apache.spark.ui.SparkUI.attachTab");
    RunReporter failing = reporter("failing", moved);
    try (ObservedReport run =
        new ObservedReport(
            reporter("report", null), List.of(failing, reporter("observer", null)))) {
      run.started(null);
      run.step(ExampleSteps.step(1));
    }

    assertThat(told)
        .containsExactly(
            "report started",
            "failing started",
            "observer started",
            "report step",
            "observer step",
            "observer close",
            "report close");
  }

  @Test
  void theReportsOwnFailureIsTheRuns() {
    RuntimeException full = new IllegalStateException("the disk is full");
    try (ObservedReport run = new ObservedReport(reporter("report", full), List.of())) {
      assertThatThrownBy(() -> run.started(null)).isSameAs(full);
    }
  }

  /** Notes what it is told, and fails when the run starts. */
  private RunReporter reporter(String name, Throwable failure) {
    return new RunReporter() {
      @Override
      public void started(RunStart start) {
        told.add(name + " started");
        if (failure instanceof RuntimeException exception) {
          throw exception;
        }
        if (failure instanceof Error error) {
          throw error;
        }
      }

      @Override
      public void step(StepRecord step) {
        told.add(name + " step");
      }

      @Override
      public void rank(RankRecord rank) {
        told.add(name + " rank");
      }

      @Override
      public void evaluated(EvaluationRecord evaluation) {
        told.add(name + " evaluated");
      }

      @Override
      public void checkpointed(int step) {
        told.add(name + " checkpointed");
      }

      @Override
      public void finished(RunSummary summary) {
        told.add(name + " finished");
      }

      @Override
      public void close() {
        told.add(name + " close");
      }
    };
  }
}
