package normuon.job.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import normuon.job.config.InvalidConfigurationException;
import org.junit.jupiter.api.Test;

class SlotsTest {

  private static final Duration MINUTE = Duration.ofMinutes(1);

  @Test
  void tooFewSlotsNameTheKeyTheSlotsAndTheWayOut() {
    assertThatThrownBy(
            () -> new Slots(() -> 2).require(new RankRange(3, 3, 1), Duration.ZERO, "local[2]"))
        .isInstanceOf(InvalidConfigurationException.class)
        .hasMessage(
            "Invalid train.ranks 3: Spark has 2 task slots at local[2], and every rank needs one;"
                + " start with --master 'local[3]', or set train.ranks to at most 2");
    assertThatThrownBy(
            () ->
                new Slots(() -> 1)
                    .require(new RankRange(3, 3, 1), Duration.ZERO, "spark://host:7077"))
        .hasMessageContaining("more executors or more cores (spark.executor.instances")
        .hasMessageEndingWith(", or set train.ranks to at most 1");
    assertThatThrownBy(
            () ->
                new Slots(() -> 0)
                    .require(new RankRange(3, 3, 1), Duration.ZERO, "spark://host:7077"))
        .as("no number of ranks would do")
        .hasMessageEndingWith("spark.cores.max)");
  }

  @Test
  void executorsThatAreStillStartingAreWaitedFor() {
    AtomicInteger slots = new AtomicInteger();

    assertThatCode(
            () ->
                new Slots(slots::incrementAndGet)
                    .require(new RankRange(3, 3, 1), MINUTE, "spark://host:7077"))
        .doesNotThrowAnyException();
    assertThat(slots).as("asked until there are enough").hasValue(3);
  }

  @Test
  void aRunThatMayGoOnWithFewerRanksBeginsWithThem() {
    assertThatCode(
            () ->
                new Slots(() -> 2)
                    .require(new RankRange(3, 2, 1), Duration.ZERO, "spark://host:7077"))
        .doesNotThrowAnyException();
  }

  @Test
  void ranksBeginInWholeGroups() {
    RankRange pairs = new RankRange(4, 1, 2);

    assertThat(new Slots(() -> 3).require(pairs, Duration.ZERO, "spark://host:7077")).isEqualTo(2);
    assertThatThrownBy(() -> new Slots(() -> 1).require(pairs, Duration.ZERO, "local[1]"))
        .hasMessage(
            "Invalid train.ranks 4: Spark has 1 task slots at local[1], and every rank needs one,"
                + " in whole groups of weights.shard_group 2; start with --master 'local[4]'");
    assertThatThrownBy(
            () ->
                new Slots(() -> 3)
                    .require(new RankRange(4, 3, 2), Duration.ZERO, "spark://host:7077"))
        .as("fewer than minimum_ranks are left in whole groups")
        .hasMessageEndingWith(", or set train.ranks to at most 2");
  }
}
