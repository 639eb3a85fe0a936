package normuon.job.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.stream.LongStream;
import normuon.job.config.InvalidConfigurationException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MixtureOrderTest {

  private static final int CONTEXT = 8;

  /** Texts of 100, 250, 400, … sequences an epoch. */
  private static MixtureOrder order(List<Long> weights) {
    List<Long> tokens = new ArrayList<>();
    for (int part = 0; part < weights.size(); part++) {
      tokens.add((100 + 150L * part + 1) * CONTEXT);
    }
    return new MixtureOrder(tokens, weights, CONTEXT, 7);
  }

  private static List<Long> weights(String list) {
    return Arrays.stream(list.split(" ")).map(Long::valueOf).toList();
  }

  @ParameterizedTest
  @CsvSource({"3 1", "1 1 1", "700 300", "320 163 481", "1 2500 4000", "5", "999 1 1 1 2000"})
  void everyPeriodHasExactlyTheWeights(String list) {
    List<Long> weights = weights(list);
    MixtureOrder order = order(weights);
    long period = weights.stream().mapToLong(Long::longValue).sum();

    for (int cycle = 0; cycle < 3; cycle++) {
      long[] counts = new long[weights.size()];
      LongStream.range(cycle * period, (cycle + 1) * period)
          .forEach(sequence -> counts[order.sample(sequence).part()]++);

      assertThat(counts).containsExactly(weights.stream().mapToLong(Long::longValue).toArray());
    }
  }

  @Test
  void everyBlockHasTheShareOfEachTextToTwoSequences() {
    List<Long> weights = List.of(2_500L, 4_000L, 1L, 3_499L);
    MixtureOrder order = order(weights);

    for (int block = 0; block < 20; block++) {
      double[] counts = new double[weights.size()];
      LongStream.range(block * 1_000L, (block + 1) * 1_000L)
          .forEach(sequence -> counts[order.sample(sequence).part()]++);
      for (int part = 0; part < counts.length; part++) {
        assertThat(counts[part])
            .as("block %d, text %d", block, part)
            .isBetween(weights.get(part) / 10.0 - 2, weights.get(part) / 10.0 + 2);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"3 1", "320 163 481", "1 2500 4000"})
  void everySequenceOfATextComesOnceInAnEpochOfIt(String list) {
    List<Long> weights = weights(list);
    MixtureOrder order = order(weights);
    List<List<Long>> positions = new ArrayList<>();
    weights.forEach(weight -> positions.add(new ArrayList<>()));
    long period = weights.stream().mapToLong(Long::longValue).sum();
    LongStream.range(0, 3 * period)
        .mapToObj(order::sample)
        .forEach(sample -> positions.get(sample.part()).add(sample.position()));

    for (int part = 0; part < weights.size(); part++) {
      int epoch = 100 + 150 * part;
      List<Long> times = new ArrayList<>(Collections.nCopies(epoch, 0L));
      positions
          .get(part)
          .forEach(
              position ->
                  times.set((int) (position / CONTEXT), times.get((int) (position / CONTEXT)) + 1));
      long whole = 3 * weights.get(part) / epoch;
      assertThat(times).as("text %d", part).allMatch(t -> t == whole || t == whole + 1);
      assertThat(times.stream().mapToLong(Long::longValue).sum()).isEqualTo(3 * weights.get(part));
    }
  }

  @Test
  void aPeriodOfWholeEpochsUsesEverySequenceEquallyOften() {
    MixtureOrder order = order(List.of(300L, 500L));
    int[][] times = {new int[100], new int[250]};

    LongStream.range(0, 800)
        .mapToObj(order::sample)
        .forEach(sample -> times[sample.part()][(int) (sample.position() / CONTEXT)]++);

    assertThat(times[0]).containsOnly(3);
    assertThat(times[1]).containsOnly(2);
  }

  @ParameterizedTest
  @CsvSource({"3 1", "320 163 481", "1 2500 4000", "7"})
  void countsAreThoseOfTheFirstSequences(String list) {
    MixtureOrder order = order(weights(list));
    long[] counts = new long[weights(list).size()];

    for (long sequence = 0; sequence < 15_000; sequence++) {
      if (sequence % 97 == 0 || sequence % 1_000 < 2) {
        assertThat(order.counts(sequence)).as("of %d", sequence).containsExactly(counts);
      }
      counts[order.sample(sequence).part()]++;
    }
  }

  @Test
  void oneTextHasTheOrderItHasByItself() {
    MixtureOrder alone = new MixtureOrder(List.of(5_000L), List.of(3L), CONTEXT, 11);
    SampleOrder order = new SampleOrder(5_000, CONTEXT, 11);

    for (long sequence = 0; sequence < 2_000; sequence++) {
      assertThat(alone.sample(sequence))
          .isEqualTo(new MixtureOrder.Sample(0, order.position(sequence)));
    }
  }

  @Test
  void blocksAreShuffledAndDifferentSeedsDiffer() {
    MixtureOrder one = order(List.of(5_000L, 5_000L));
    List<Integer> first = parts(one, 0);

    assertThat(parts(one, 1_000)).isNotEqualTo(first);
    assertThat(first.subList(0, 20)).as("not in turns").isNotEqualTo(first.subList(2, 22));
    MixtureOrder two =
        new MixtureOrder(List.of(5_000L, 5_000L), List.of(5_000L, 5_000L), CONTEXT, 8);
    assertThat(parts(two, 0)).isNotEqualTo(first);
  }

  @Test
  void whatIsNoMixtureIsRefused() {
    assertThatThrownBy(() -> new MixtureOrder(List.of(100L), List.of(1L, 2L), CONTEXT, 1))
        .hasMessage("Invalid mixture of 1 texts with 2 weights: must have a weight for each");
    assertThatThrownBy(() -> new MixtureOrder(List.of(100L, 8L), List.of(1L, 2L), CONTEXT, 1))
        .isInstanceOf(InvalidConfigurationException.class)
        .hasMessageStartingWith("Invalid text of 8 tokens");
  }

  private static List<Integer> parts(MixtureOrder order, long first) {
    return LongStream.range(first, first + 1_000)
        .mapToObj(sequence -> order.sample(sequence).part())
        .toList();
  }
}
