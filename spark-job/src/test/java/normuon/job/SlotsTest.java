package normuon.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import normuon.job.config.InvalidConfigurationException;
import org.junit.jupiter.api.Test;

class SlotsTest {

  private static final long MINUTE = TimeUnit.MINUTES.toNanos(1);

  @Test
  void tooFewSlotsNameTheKeyTheSlotsAndTheWayOut() {
    assertThatThrownBy(() -> Slots.require(() -> 2, 3, 0, "local[2]"))
        .isInstanceOf(InvalidConfigurationException.class)
        .hasMessage(
            "Invalid train.ranks 3: Spark has 2 task slots at local[2], and every rank needs one;"
                + " start with --master 'local[3]', or set train.ranks to at most 2");
    assertThatThrownBy(() -> Slots.require(() -> 1, 3, 0, "spark://host:7077"))
        .hasMessageContaining("more executors or more cores (spark.executor.instances")
        .hasMessageEndingWith(", or set train.ranks to at most 1");
    assertThatThrownBy(() -> Slots.require(() -> 0, 3, 0, "spark://host:7077"))
        .as("no number of ranks would do")
        .hasMessageEndingWith("spark.cores.max)");
  }

  @Test
  void executorsThatAreStillStartingAreWaitedFor() {
    AtomicInteger slots = new AtomicInteger();

    assertThatCode(() -> Slots.require(slots::incrementAndGet, 3, MINUTE, "spark://host:7077"))
        .doesNotThrowAnyException();
    assertThat(slots).as("asked until there are enough").hasValue(3);
  }
}
