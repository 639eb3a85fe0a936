package normuon.optimizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import java.util.List;
import normuon.torch.NativeArrays;
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
    for (NDArray matrix : List.of(tall, wide)) {
      assertThat(Distance.relative(orthogonalize(matrix, method, 5), exact(matrix, method)))
          .as("shape %s", matrix.getShape())
          .isLessThan(1e-4);
    }
  }

  /** Sides of blocks whole and cut short, in both forms, each well- and ill-conditioned. */
  @ParameterizedTest
  @CsvSource({"256, 256", "300, 300", "520, 520", "256, 640", "530, 260", "512, 1030", "768, 3072"})
  void shorterWaysAreAsExactAsTheIterationWrittenOut(int rows, int columns) {
    NDArray well = random(1, rows, columns);
    for (NDArray matrix : List.of(well, illConditioned(rows, columns))) {
      double[] exact = exact(matrix, PolarMethod.QUINTIC);
      for (Precision precision : List.of(Precision.F32, Precision.BF16)) {
        NewtonSchulz iteration = new NewtonSchulz(PolarMethod.QUINTIC, 5, precision);
        Orthogonalizer plain = Orthogonalizer.writtenOut(operators, iteration);
        double plainError = Distance.relative(result(plain, matrix), exact);
        double error =
            Distance.relative(result(new Orthogonalizer(operators, iteration), matrix), exact);
        assertThat(plainError).isLessThan(precision == Precision.F32 ? 1e-5 : 0.1);
        assertThat(error).as("%s", precision).isLessThan(2 * plainError);
      }
    }
  }

  @Test
  void largeMatricesKeepTheDigitsOfSmallOnes() {
    // A norm of a million squares added up in float32 alone would be wrong by 2e-5.
    NDArray matrix = random(1, 256, 4096);
    assertThat(
            Distance.relative(
                orthogonalize(matrix, PolarMethod.QUINTIC, 5), exact(matrix, PolarMethod.QUINTIC)))
        .isLessThan(5e-6);
  }

  @Test
  void resultsOfLargeMatricesRepeatToTheBit() {
    for (long[] shape : new long[][] {{300, 300}, {260, 600}}) {
      NDArray matrix = random(1, shape);
      double[] first = orthogonalize(matrix, PolarMethod.QUINTIC, 5);
      assertThat(orthogonalize(matrix, PolarMethod.QUINTIC, 5)).containsExactly(first);
    }
  }

  @Test
  void oneNonFiniteElementShowsEverywhere() {
    for (long[] shape : new long[][] {{8, 8}, {300, 300}, {260, 600}}) {
      NDArray matrix = random(1, shape);
      matrix.set(new NDIndex(3, 2), Float.POSITIVE_INFINITY);
      assertThat(orthogonalize(matrix, PolarMethod.QUINTIC, 5)).containsOnly(Double.NaN);
    }
  }

  @ParameterizedTest
  @EnumSource
  void eachOfSeveralMatricesHasTheBitsThatItHasAlone(Precision precision) {
    NewtonSchulz iteration = new NewtonSchulz(PolarMethod.QUINTIC, 5, precision);
    Orthogonalizer orthogonalizer = new Orthogonalizer(operators, iteration);
    for (long[] shape :
        new long[][] {{1, 5}, {16, 16}, {33, 96}, {96, 33}, {128, 128}, {260, 300}}) {
      List<NDArray> matrices = List.of(random(1, shape), random(2, shape), random(3, shape));
      matrices.get(1).set(new NDIndex(0, 2), Float.NaN);
      try (NativeArrays together = orthogonalizer.orthogonalize(matrices)) {
        List<NDArray> results = together.arrays(manager);
        for (int i = 0; i < matrices.size(); i++) {
          assertThat(Distance.doubles(results.get(i)))
              .as("%s, matrix %d", new Shape(shape), i)
              .containsExactly(result(orthogonalizer, matrices.get(i)));
        }
        assertThat(Distance.doubles(results.get(1))).containsOnly(Double.NaN);
        assertThat(Distance.doubles(results.get(2))).doesNotContain(Double.NaN);
      }
    }
    assertThat(orthogonalizer.calls()).isEqualTo(6 * 6);
  }

  @Test
  void countsTheMultiplicationsThatItDoes() {
    NewtonSchulz quintic = NewtonSchulz.defaults();
    Orthogonalizer shortened = new Orthogonalizer(operators, quintic);
    Orthogonalizer plain = Orthogonalizer.writtenOut(operators, quintic);
    assertThat(plain.flops(768, 3072)).isEqualTo(quintic.flops(768, 3072));
    assertThat(shortened.flops(128, 128)).isEqualTo(quintic.flops(128, 128));
    // Nine sixteenths of two products of three.
    assertThat(shortened.flops(768, 768) / plain.flops(768, 768)).isEqualTo(2.125 / 3);
    // Two segments of four steps and one: 2 (4 · 9/16 + 4) + 14 · 9/16 of 45.
    assertThat(shortened.flops(3072, 768) / plain.flops(3072, 768))
        .isCloseTo(20.375 / 45, within(1e-12));
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
    return result(new Orthogonalizer(operators, iteration), matrix);
  }

  /** Five steps of the same polynomials in float64. */
  private double[] exact(NDArray matrix, PolarMethod method) {
    NewtonSchulz iteration = new NewtonSchulz(method, 5, Precision.F64);
    return result(Orthogonalizer.writtenOut(operators, iteration), matrix);
  }

  private double[] result(Orthogonalizer orthogonalizer, NDArray matrix) {
    return Distance.doubles(orthogonalizer.orthogonalize(manager, matrix));
  }

  /** Singular values from 1 to 1e-4, between the vectors of reflections. */
  private NDArray illConditioned(int rows, int columns) {
    double[] values = new double[Math.min(rows, columns)];
    for (int i = 0; i < values.length; i++) {
      values[i] = Math.pow(10, -4.0 * i / (values.length - 1));
    }
    NDArray tall = withSingularValues(Math.max(rows, columns), values);
    return rows < columns ? tall.transpose().duplicate() : tall;
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
