package normuon.job.track;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import normuon.job.report.EvaluationRecord;
import normuon.job.report.RunReporter;
import normuon.job.report.RunStart;
import normuon.job.report.RunSummary;
import normuon.job.report.StepRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class BackgroundObserverTest {

  private final List<String> told = new CopyOnWriteArrayList<>();

  /** Writes down what it is told, and does something at each step. */
  private final class Listener implements RunReporter {

    private final Runnable atStep;

    Listener(Runnable atStep) {
      this.atStep = atStep;
    }

    @Override
    public void started(RunStart start) {
      told.add("started");
    }

    @Override
    public void step(StepRecord step) {
      told.add("step " + step.step());
      atStep.run();
    }

    @Override
    public void evaluated(EvaluationRecord evaluation) {
      told.add("evaluated");
    }

    @Override
    public void checkpointed(int step) {
      told.add("checkpointed");
    }

    @Override
    public void finished(RunSummary summary) {
      told.add("finished");
    }

    @Override
    public void close() {
      told.add("closed");
    }
  }

  @Test
  void everythingIsToldInOrderBeforeTheEnd() {
    ExampleRun.tell(observer(() -> {}, Duration.ofSeconds(20)), 0, 500);

    List<String> expected = new ArrayList<>(List.of("started"));
    for (int step = 1; step <= 500; step++) {
      expected.add("step " + step);
    }
    expected.addAll(List.of("evaluated", "checkpointed", "finished", "closed"));
    assertThat(told).isEqualTo(expected);
  }

  @Test
  @Timeout(20)
  void anObserverThatHangsHoldsNothingUp() {
    CountDownLatch never = new CountDownLatch(1);
    RunReporter observer =
        observer(
            () -> {
              try {
                never.await();
              } catch (InterruptedException stopped) {
                throw new IllegalStateException(stopped);
              }
            },
            Duration.ofMillis(100));

    ExampleRun.tell(observer, 0, 50_000);

    assertThat(told).containsExactly("started", "step 1");
  }

  @Test
  void anObserverThatFailsIsToldNoMore() {
    RunReporter observer =
        observer(
            () -> {
              throw new IllegalStateException("no");
            },
            Duration.ofSeconds(20));

    ExampleRun.tell(observer, 0, 3);

    assertThat(told).containsExactly("started", "step 1");
  }

  private RunReporter observer(Runnable atStep, Duration patience) {
    return new BackgroundObserver("a test", new Listener(atStep), patience);
  }
}
