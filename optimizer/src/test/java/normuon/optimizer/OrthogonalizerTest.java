package normuon.optimizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class OrthogonalizerTest extends OptimizerTest {

  @ParameterizedTest
  @ValueSource(floats = {1e-42f, 1e-30f, 1e-20f, 1e-8f, 1e15f, 1e20f, 1e38f})
  void directionDoesNotDependOnScale(float scale) {
    for (long[] shape : new long[][] {{12, 12}, {24, 8}, {8, 24}}) {
      // Entries that a scale of 1e-42, three bits wide, still holds exactly.
      NDArray matrix = random(1, shape).sign();
      double[] scaled = orthogonalize(matrix.mul(scale), PolarMethod.QUINTIC, 5);
      assertThat(Distance.relative(scaled, orthogonalize(matrix, PolarMethod.QUINTIC, 5)))
          .as("shape %s", new Shape(shape))
          .isLessThan(1e-5);
    }
  }

  @Test
  void bitsDoNotDependOnThePlaceInMemory() {
    NDArray flat = random(1, 1 + 24 * 40);
    NDArray unaligned = flat.get("1:").reshape(24, 40);
    NDArray aligned = unaligned.duplicate();
    assertThat(orthogonalize(unaligned, PolarMethod.QUINTIC, 5))
        .containsExactly(orthogonalize(aligned, PolarMethod.QUINTIC, 5));
  }

  @Test
  void zeroStaysZero() {
    for (long[] shape : new long[][] {{4, 4}, {12, 4}, {4, 12}, {1, 1}}) {
      assertThat(orthogonalize(manager.zeros(new Shape(shape)), PolarMethod.QUINTIC, 5))
          .containsOnly(0);
    }
  }

  @ParameterizedTest
  @EnumSource
  void theWayOverTheGramMatrixGivesTheSamePolynomial(PolarMethod method) {
    // Singular values from 1 down to 1e-4, where squaring them costs the most digits.
    double[] values = new double[32];
    for (int i = 0; i < values.length; i++) {
      values[i] = Math.pow(10, -4.0 * i / 31);
    }
    NDArray tall = withSingularValues(86, values);
    NDArray wide = tall.transpose().duplicate();
    double[] coefficients = method.coefficients(5);
    for (NDArray matrix : List.of(tall, wide)) {
      NDArray written =
          operators.newtonSchulz(manager, matrix, coefficients, method.safety(), Precision.F32);
      assertThat(Distance.relative(orthogonalize(matrix, method, 5), Distance.doubles(written)))
          .as("shape %s", matrix.getShape())
          .isLessThan(1e-4);
    }
  }

  @ParameterizedTest
  @CsvSource({"QUINTIC, 0.35", "POLAR_EXPRESS, 0.1", "DION5, 0.25"})
  void resultIsNearThePolarFactor(PolarMethod method, double tolerance) {
    double[] values = new double[20];
    double[] ones = new double[20];
    for (int i = 0; i < values.length; i++) {
      values[i] = 1.0 / (1 + i);
      ones[i] = 1;
    }
    for (int rows : new int[] {20, 30, 70}) {
      double[] result = orthogonalize(withSingularValues(rows, values), method, 5);
      double[] polar = Distance.doubles(withSingularValues(rows, ones));
      assertThat(Distance.relative(result, polar)).as("%d rows", rows).isLessThan(tolerance);
    }
  }

  @Test
  void repeatsTheLastPolynomialPastTheTable() {
    double[] coefficients = PolarMethod.DION5.coefficients(7);
    assertThat(coefficients).hasSize(21);
    assertThat(coefficients[18]).isEqualTo(2.8366, within(0.0));
  }

  @Test
  void countsItsCalls() {
    Orthogonalizer orthogonalizer = new Orthogonalizer(operators, NewtonSchulz.defaults());
    assertThat(orthogonalizer.calls()).isZero();
    orthogonalizer.orthogonalize(manager, random(1, 4, 4)).close();
    orthogonalizer.orthogonalize(manager, random(1, 9, 3)).close();
    assertThat(orthogonalizer.calls()).isEqualTo(2);
  }

  @Test
  void countsFloatingPointOperations() {
    // 5 steps of 2 (2 128² 344 + 128³), the same for the transpose.
    assertThat(NewtonSchulz.defaults().flops(344, 128)).isEqualTo(133_693_440);
    assertThat(NewtonSchulz.defaults().flops(128, 344)).isEqualTo(133_693_440);
  }

  private double[] orthogonalize(NDArray matrix, PolarMethod method, int steps) {
    NewtonSchulz iteration = new NewtonSchulz(method, steps, Precision.F32);
    return Distance.doubles(
        new Orthogonalizer(operators, iteration).orthogonalize(manager, matrix));
  }

  /** H1 S H2 for two reflections: the polar factor is the same product with all values 1. */
  private NDArray withSingularValues(int rows, double[] values) {
    int columns = values.length;
    double[][] left = reflection(rows, 1);
    double[][] right = reflection(columns, 2);
    float[] product = new float[rows * columns];
    for (int i = 0; i < rows; i++) {
      for (int j = 0; j < columns; j++) {
        double sum = 0;
        for (int k = 0; k < columns; k++) {
          sum += left[i][k] * values[k] * right[k][j];
        }
        product[i * columns + j] = (float) sum;
      }
    }
    return manager.create(product, new Shape(rows, columns));
  }

  /** I − 2 v vᵀ / vᵀv for a random v. */
  private double[][] reflection(int size, long seed) {
    double[] v = Distance.doubles(random(seed, size));
    double square = Distance.norm(v) * Distance.norm(v);
    double[][] matrix = new double[size][size];
    for (int i = 0; i < size; i++) {
      for (int j = 0; j < size; j++) {
        matrix[i][j] = (i == j ? 1 : 0) - 2 * v[i] * v[j] / square;
      }
    }
    return matrix;
  }
}
