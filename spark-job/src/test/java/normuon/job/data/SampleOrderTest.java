package normuon.job.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashSet;
import java.util.Set;
import java.util.stream.LongStream;
import normuon.job.config.InvalidConfigurationException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SampleOrderTest {

  @ParameterizedTest
  @CsvSource({"1000, 8", "1001, 8", "1007, 8", "100, 1", "17, 8", "16, 8", "15, 8", "9, 8", "2, 1"})
  void anEpochGoesThroughTheTextOnceInWindowsSideBySide(long tokens, int context) {
    SampleOrder order = new SampleOrder(tokens, context, 1);
    long windows = order.sequencesPerEpoch();
    assertThat(windows).isEqualTo(Math.max(1, (tokens - context) / context));

    for (long epoch = 0; epoch < 20; epoch++) {
      long[] positions =
          LongStream.range(epoch * windows, (epoch + 1) * windows)
              .map(order::position)
              .sorted()
              .toArray();

      assertThat(positions[0]).isBetween(0L, context - 1L);
      for (int i = 1; i < positions.length; i++) {
        assertThat(positions[i] - positions[i - 1]).isEqualTo(context);
      }
      assertThat(positions[positions.length - 1] + context + 1).isLessThanOrEqualTo(tokens);
    }
  }

  @Test
  void windowsBeginAtEveryOffsetOverTheEpochs() {
    SampleOrder order = new SampleOrder(1_000, 8, 1);
    Set<Long> offsets = new HashSet<>();

    for (long epoch = 0; epoch < 200; epoch++) {
      offsets.add(order.position(epoch * order.sequencesPerEpoch()) % 8);
    }

    assertThat(offsets).hasSize(8);
  }

  @Test
  void epochsAndSeedsDiffer() {
    SampleOrder one = new SampleOrder(100_000, 8, 1);
    SampleOrder two = new SampleOrder(100_000, 8, 2);
    long epoch = one.sequencesPerEpoch();

    assertThat(positions(one, 0)).isEqualTo(positions(new SampleOrder(100_000, 8, 1), 0));
    assertThat(positions(one, 0)).isNotEqualTo(positions(two, 0));
    assertThat(positions(one, 0)).isNotEqualTo(positions(one, epoch));
  }

  /**
   * The order is part of what a checkpoint means: it must never change unseen. The numbers come
   * from a Python program written from the description.
   */
  @Test
  void theOrderIsTheSameInEveryRelease() {
    SampleOrder order = new SampleOrder(100_000, 64, 1337);

    assertThat(positions(order, 0)).containsExactly(4686, 88206, 82254, 10510, 72014, 65486);
    assertThat(order.position(1_000_000_000)).isEqualTo(87443);
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 1, 8})
  void aTextWithoutOneSequenceIsRefused(long tokens) {
    assertThatThrownBy(() -> new SampleOrder(tokens, 8, 1))
        .isInstanceOf(InvalidConfigurationException.class)
        .hasMessage(
            "Invalid text of %d tokens: must be at least 9, one sequence of model.context + 1"
                .formatted(tokens));
  }

  @Test
  void numbersThatMakeNoSenseAreRefused() {
    assertThatThrownBy(() -> new SampleOrder(10, 0, 1))
        .hasMessage("Invalid model.context = 0: must be at least 1");
    assertThatThrownBy(() -> new SampleOrder(10, 2, 1).position(-1))
        .hasMessage("Invalid sequence -1: must be 0 or above");
  }

  private static long[] positions(SampleOrder order, long first) {
    return LongStream.range(first, first + 6).map(order::position).toArray();
  }
}
