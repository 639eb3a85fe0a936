package normuon.optimizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class UpdateStatisticsTest extends OptimizerTest {

  private UpdateStatistics statistics;

  @BeforeEach
  void createStatistics() {
    statistics = new UpdateStatistics(operators);
  }

  @ParameterizedTest
  @CsvSource({"1, 7", "5, 5", "24, 40", "40, 24", "64, 64"})
  void conditionNumberIsThatOfJacobisMethod(int rows, int columns) {
    NDArray matrix = random(rows, rows, columns);
    double[] squares = squaredSingularValues(Distance.doubles(matrix), rows, columns);

    assertThat(statistics.conditionNumber(matrix))
        .isCloseTo(
            Math.sqrt(Arrays.stream(squares).max().orElseThrow() / smallest(squares)),
            Percentage.withPercentage(1e-6));
  }

  @ParameterizedTest
  @CsvSource({
    "30, 50, 1e4, 0.01",
    "50, 30, 1e4, 0.01",
    "1100, 1300, 1e3, 12",
    "1300, 1100, 30, 12"
  })
  void conditionNumberOfKnownSingularValues(
      int rows, int columns, double condition, double percent) {
    NDArray matrix = withSingularValues(rows, columns, condition);

    assertThat(statistics.conditionNumber(matrix))
        .isCloseTo(condition, Percentage.withPercentage(percent));
  }

  @ParameterizedTest
  @ValueSource(ints = {40, 1100})
  void singularMatrixHasTheLargestConditionNumber(int side) {
    double[] elements = new double[side * side];
    SplittableRandom random = new SplittableRandom(1);
    for (int row = 0; row < side; row++) {
      double factor = random.nextDouble();
      for (int column = 0; column < side; column++) {
        elements[row * side + column] = factor * (column + 1);
      }
    }

    assertThat(statistics.conditionNumber(array(elements, side, side))).isEqualTo(1e6);
  }

  @Test
  void sizeOfTheNumbersDoesNotMatter() {
    for (double scale : new double[] {1e-30, 1, 1e30}) {
      double[] elements = Distance.doubles(random(3, 12, 9));
      double[] scaled = Arrays.stream(elements).map(x -> scale * x).toArray();
      assertThat(statistics.conditionNumber(array(scaled, 12, 9)))
          .isCloseTo(
              statistics.conditionNumber(array(elements, 12, 9)), Percentage.withPercentage(1e-3));
    }
  }

  @Test
  void whatHasNoConditionNumberIsNotANumber() {
    assertThat(statistics.conditionNumber(array(new double[6], 2, 3))).isNaN();
    for (double bad : new double[] {Double.NaN, Double.POSITIVE_INFINITY}) {
      assertThat(statistics.conditionNumber(array(new double[] {1, 2, bad, 4}, 2, 2))).isNaN();
    }
  }

  @Test
  void normsAreThoseOfTheElements() {
    NDArray matrix = random(4, 17, 6);
    double[] elements = Distance.doubles(matrix);
    double[] ofRows =
        IntStream.range(0, 17)
            .mapToDouble(row -> Distance.norm(Arrays.copyOfRange(elements, 6 * row, 6 * row + 6)))
            .toArray();

    assertThat(statistics.rowNorms(matrix)).containsExactly(ofRows, within(1e-12));
    assertThat(statistics.columnNorms(matrix)).hasSize(6);
    assertThat(Distance.norm(statistics.columnNorms(matrix)))
        .isCloseTo(Distance.norm(elements), within(1e-12));
    assertThat(statistics.norms(List.of(matrix, matrix)))
        .containsExactly(
            new double[] {Distance.norm(elements), Distance.norm(elements)}, within(1e-12));
  }

  @Test
  void spreadHasTheQuantilesOfTheNorms() {
    // Root mean square 5: (1 + 9 + 25 + 49 + 41) / 5 = 25.
    NormSpread spread = NormSpread.of(new double[] {7, 1, 5, 3, Math.sqrt(41)});

    assertThat(spread.minimum()).isCloseTo(0.2, within(1e-12));
    assertThat(spread.p5()).isCloseTo(0.2 + 0.2 * 0.4, within(1e-12));
    assertThat(spread.p25()).isCloseTo(0.6, within(1e-12));
    assertThat(spread.median()).isCloseTo(1, within(1e-12));
    assertThat(spread.p75()).isCloseTo(Math.sqrt(41) / 5, within(1e-12));
    assertThat(spread.maximum()).isCloseTo(1.4, within(1e-12));
    assertThat(spread.mean()).isCloseTo((16 + Math.sqrt(41)) / 25, within(1e-12));
    assertThat(spread.deviation())
        .isCloseTo(Math.sqrt(1 - spread.mean() * spread.mean()), within(1e-12));
  }

  private static double smallest(double[] numbers) {
    return Arrays.stream(numbers).min().orElseThrow();
  }

  private NDArray array(double[] elements, int rows, int columns) {
    float[] floats = new float[elements.length];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = (float) elements[i];
    }
    return manager.create(floats, new Shape(rows, columns));
  }

  /** Singular values in a geometric series from the condition number to 1, between reflections. */
  private NDArray withSingularValues(int rows, int columns, double condition) {
    int side = Math.min(rows, columns);
    double[] left = direction(1, rows);
    double[] right = direction(2, columns);
    double[] elements = new double[rows * columns];
    double[] values =
        IntStream.range(0, side).mapToDouble(i -> Math.pow(condition, i / (side - 1.0))).toArray();
    double middle = 0;
    for (int k = 0; k < side; k++) {
      middle += left[k] * values[k] * right[k];
    }
    for (int i = 0; i < rows; i++) {
      for (int j = 0; j < columns; j++) {
        double diagonal = i == j ? values[i] : 0;
        double fromLeft = j < side ? 2 * left[i] * left[j] * values[j] : 0;
        double fromRight = i < side ? 2 * values[i] * right[i] * right[j] : 0;
        elements[i * columns + j] =
            diagonal - fromLeft - fromRight + 4 * left[i] * middle * right[j];
      }
    }
    return array(elements, rows, columns);
  }

  private static double[] direction(long seed, int size) {
    SplittableRandom random = new SplittableRandom(seed);
    double[] numbers =
        IntStream.range(0, size).mapToDouble(i -> random.nextDouble() - 0.5).toArray();
    double norm = Distance.norm(numbers);
    return Arrays.stream(numbers).map(x -> x / norm).toArray();
  }

  /** Eigenvalues of the Gram matrix of the smaller side, by Jacobi's rotations. */
  private static double[] squaredSingularValues(double[] elements, int rows, int columns) {
    boolean tall = rows > columns;
    int side = Math.min(rows, columns);
    int terms = Math.max(rows, columns);
    double[][] gram = new double[side][side];
    for (int i = 0; i < side; i++) {
      for (int j = 0; j < side; j++) {
        for (int k = 0; k < terms; k++) {
          gram[i][j] +=
              tall
                  ? elements[k * columns + i] * elements[k * columns + j]
                  : elements[i * columns + k] * elements[j * columns + k];
        }
      }
    }
    for (int sweep = 0; sweep < 12; sweep++) {
      for (int p = 0; p < side; p++) {
        for (int q = p + 1; q < side; q++) {
          rotate(gram, p, q);
        }
      }
    }
    return IntStream.range(0, side).mapToDouble(i -> gram[i][i]).toArray();
  }

  private static void rotate(double[][] a, int p, int q) {
    double angle = 0.5 * Math.atan2(2 * a[p][q], a[q][q] - a[p][p]);
    double c = Math.cos(angle);
    double s = Math.sin(angle);
    for (double[] row : a) {
      double ofP = row[p];
      row[p] = c * ofP - s * row[q];
      row[q] = s * ofP + c * row[q];
    }
    for (int k = 0; k < a.length; k++) {
      double ofP = a[p][k];
      a[p][k] = c * ofP - s * a[q][k];
      a[q][k] = s * ofP + c * a[q][k];
    }
  }
}
