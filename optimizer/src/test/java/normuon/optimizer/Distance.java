package normuon.optimizer;

import ai.djl.ndarray.NDArray;

/** Frobenius distances in double precision. */
final class Distance {

  private Distance() {}

  static double norm(double[] a) {
    return between(a, new double[a.length]);
  }

  static double between(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += (a[i] - b[i]) * (a[i] - b[i]);
    }
    return Math.sqrt(sum);
  }

  static double relative(double[] actual, double[] expected) {
    return between(actual, expected) / norm(expected);
  }

  static double[] doubles(NDArray array) {
    float[] floats = array.toFloatArray();
    double[] doubles = new double[floats.length];
    for (int i = 0; i < floats.length; i++) {
      doubles[i] = floats[i];
    }
    return doubles;
  }
}
