package normuon.job.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PermutationTest {

  @Test
  void everySmallSizeIsPermuted() {
    for (int size = 1; size <= 300; size++) {
      assertPermutes(size, 7);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1_023, 1_024, 1_025, 65_535, 65_536, 65_537, 100_003, 1_000_000})
  void largeSizesArePermuted(int size) {
    assertPermutes(size, 1);
    assertPermutes(size, 2);
  }

  @ParameterizedTest
  @ValueSource(longs = {1L << 40, (1L << 40) + 1, 123_456_789_012_345L, 1L << 62})
  void hugeSizesStayInRangeAndDistinct(long size) {
    Permutation permutation = new Permutation(size, 3);

    long[] permuted = LongStream.range(0, 10_000).map(permutation::apply).toArray();

    assertThat(permuted).doesNotHaveDuplicates();
    assertThat(LongStream.of(permuted).allMatch(index -> index >= 0 && index < size)).isTrue();
    assertThat(
            LongStream.of(permuted)
                .mapToDouble(index -> (double) index / size)
                .average()
                .orElseThrow())
        .isCloseTo(0.5, within(0.02));
  }

  @Test
  void keysGiveUnrelatedPermutations() {
    int size = 10_000;
    Permutation one = new Permutation(size, 1);
    Permutation two = new Permutation(size, 2);

    // A random permutation agrees with another in one place on average.
    assertThat(IntStream.range(0, size).filter(i -> one.apply(i) == two.apply(i)).count())
        .isLessThan(10);
    assertThat(IntStream.range(0, size).filter(i -> one.apply(i) == i).count()).isLessThan(10);
  }

  /** Each index goes to each place about equally often: chi-square with 6 * 6 cells of 200. */
  @Test
  void allPlacesAreEquallyLikely() {
    int size = 7;
    int keys = 1_400;
    int[][] counts = new int[size][size];
    for (int key = 0; key < keys; key++) {
      Permutation permutation = new Permutation(size, key);
      for (int i = 0; i < size; i++) {
        counts[i][(int) permutation.apply(i)]++;
      }
    }
    double expected = (double) keys / size;
    double chiSquare = 0;
    for (int[] row : counts) {
      for (int count : row) {
        chiSquare += (count - expected) * (count - expected) / expected;
      }
    }

    // 36 degrees of freedom: mean 36, standard deviation 8.5.
    assertThat(chiSquare).isBetween(10.0, 70.0);
  }

  /** Spearman's correlation of neighbours is about 1 / sqrt(n) for a random order. */
  @Test
  void neighboursGoFarApart() {
    int size = 100_000;
    Permutation permutation = new Permutation(size, 5);
    double mean = (size - 1) / 2.0;
    double covariance = 0;
    for (int i = 0; i + 1 < size; i++) {
      covariance += (permutation.apply(i) - mean) * (permutation.apply(i + 1) - mean);
    }

    assertThat(covariance / size / (size * (double) size / 12)).isCloseTo(0, within(0.013));
  }

  @Test
  void whatCannotBePermutedIsRefused() {
    assertThatThrownBy(() -> new Permutation(0, 1))
        .hasMessage("Invalid size 0 of a permutation: must be from 1 to 2^62");
    assertThatThrownBy(() -> new Permutation(5, 1).apply(5))
        .hasMessage("Invalid index 5: must be from 0 to 4");
  }

  private static void assertPermutes(int size, long key) {
    Permutation permutation = new Permutation(size, key);
    boolean[] seen = new boolean[size];
    for (int i = 0; i < size; i++) {
      seen[(int) permutation.apply(i)] = true;
    }
    assertThat(IntStream.range(0, size).allMatch(i -> seen[i])).as("size %d", size).isTrue();
  }
}
