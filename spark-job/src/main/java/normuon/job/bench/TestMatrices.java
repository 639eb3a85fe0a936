package normuon.job.bench;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.SplittableRandom;
import normuon.torch.Initialization;
import normuon.torch.ParameterSpec;
import normuon.torch.Role;

/** Matrices to orthogonalize, the same in every run. */
final class TestMatrices {

  private static final double CONDITION_DIGITS = 4;

  private TestMatrices() {}

  /** Independent normal numbers. */
  static NDArray wellConditioned(NDManager manager, MatrixShape shape) {
    long[] dimensions = {shape.rows(), shape.columns()};
    return Initialization.normal(
        manager, new ParameterSpec("matrix", dimensions, Role.MATRIX), 1, 1);
  }

  /**
   * Singular values from 1 down to 1e-4, evenly on a logarithmic scale: (I − 2 v vᵀ) S (I − 2 u uᵀ)
   * for unit vectors v and u.
   */
  static NDArray illConditioned(NDManager manager, MatrixShape shape) {
    double[] v = unitVector(shape.rows(), 1);
    double[] u = unitVector(shape.columns(), 2);
    double[] values = new double[Math.max(shape.rows(), shape.columns())];
    double product = 0;
    for (int i = 0; i < shape.smallerSide(); i++) {
      values[i] = Math.pow(10, -CONDITION_DIGITS * i / Math.max(1, shape.smallerSide() - 1));
      product += v[i] * values[i] * u[i];
    }
    float[] elements = new float[shape.rows() * shape.columns()];
    for (int i = 0; i < shape.rows(); i++) {
      for (int j = 0; j < shape.columns(); j++) {
        double diagonal = i == j ? values[i] : 0;
        double left = j < v.length ? v[i] * v[j] * values[j] : 0;
        double right = i < u.length ? values[i] * u[i] * u[j] : 0;
        elements[i * shape.columns() + j] =
            (float) (diagonal - 2 * left - 2 * right + 4 * product * v[i] * u[j]);
      }
    }
    return manager.create(elements, new Shape(shape.rows(), shape.columns()));
  }

  private static double[] unitVector(int size, long seed) {
    double[] vector = new SplittableRandom(seed).doubles(size, -1, 1).toArray();
    double square = 0;
    for (double element : vector) {
      square += element * element;
    }
    for (int i = 0; i < size; i++) {
      vector[i] /= Math.sqrt(square);
    }
    return vector;
  }

  /** ‖a − b‖ / ‖b‖ in Frobenius norms. */
  static double distance(NDArray a, NDArray b) {
    float[] actual = a.toFloatArray();
    float[] expected = b.toFloatArray();
    double difference = 0;
    double norm = 0;
    for (int i = 0; i < actual.length; i++) {
      difference += Math.pow((double) actual[i] - expected[i], 2);
      norm += Math.pow(expected[i], 2);
    }
    return Math.sqrt(difference / norm);
  }
}
