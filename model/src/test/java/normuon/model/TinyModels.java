package normuon.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import normuon.model.GptConfiguration.Mlp;
import normuon.torch.ParameterSpec;

/** Small models of every kind, with weights large enough that nothing is nearly linear. */
final class TinyModels {

  private TinyModels() {}

  /**
   * The kinds of model: grouped or not, gated or not, with and without QK-norm and tied head, and
   * with heads that are together wider or narrower than the model.
   */
  static Stream<GptConfiguration> variants() {
    return Stream.of(
        shape(4, Mlp.SWIGLU, false, false),
        shape(4, Mlp.SQUARED_RELU, false, false),
        shape(2, Mlp.SWIGLU, false, false),
        shape(1, Mlp.SQUARED_RELU, true, false),
        shape(4, Mlp.SWIGLU, true, false),
        shape(4, Mlp.SWIGLU, false, true),
        shape(2, Mlp.SQUARED_RELU, true, true),
        wideHeads(),
        new GptConfiguration(11, 2, 3, 1, 4, 16, 8, Mlp.SQUARED_RELU, 10, false, true, 100, 1e-3));
  }

  /** Heads that are together 24 wide in a model of width 16, as in small models of Qwen3. */
  static GptConfiguration wideHeads() {
    return new GptConfiguration(11, 2, 4, 2, 6, 16, 8, Mlp.SWIGLU, 10, true, false, 100, 1e-3);
  }

  static GptConfiguration shape(int keyValueHeads, Mlp mlp, boolean queryKeyNorm, boolean tied) {
    return new GptConfiguration(
        11, 2, 4, keyValueHeads, 0, 16, 8, mlp, 10, queryKeyNorm, tied, 100, 1e-3);
  }

  /** Random rows for every parameter, by name; gains around 1. */
  static Map<String, double[][]> weights(GptConfiguration shape, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    Map<String, double[][]> weights = new HashMap<>();
    for (ParameterSpec spec : Gpt.specs(shape)) {
      boolean vector = spec.shape().length == 1;
      int columns = (int) (vector ? spec.rows() : spec.columns());
      double[][] rows = new double[vector ? 1 : (int) spec.rows()][columns];
      for (double[] row : rows) {
        for (int i = 0; i < columns; i++) {
          row[i] = (vector ? 1 : 0) + 0.8 * (random.nextDouble() - 0.5);
        }
      }
      weights.put(spec.name(), rows);
    }
    return weights;
  }

  static List<NDArray> float64(NDManager manager, List<ParameterSpec> specs, Weights weights) {
    List<NDArray> arrays = new ArrayList<>();
    for (ParameterSpec spec : specs) {
      arrays.add(manager.create(flat(weights.of(spec.name())), new Shape(spec.shape())));
    }
    return arrays;
  }

  static List<NDArray> float32(NDManager manager, List<ParameterSpec> specs, Weights weights) {
    List<NDArray> arrays = new ArrayList<>();
    for (ParameterSpec spec : specs) {
      double[] values = flat(weights.of(spec.name()));
      float[] rounded = new float[values.length];
      for (int i = 0; i < values.length; i++) {
        rounded[i] = (float) values[i];
      }
      arrays.add(manager.create(rounded, new Shape(spec.shape())));
    }
    return arrays;
  }

  /** Rows by parameter name. */
  interface Weights {
    double[][] of(String name);
  }

  static long[] tokens(int count, int vocabulary, long seed) {
    return new SplittableRandom(seed).longs(count, 0, vocabulary).toArray();
  }

  private static double[] flat(double[][] rows) {
    return Stream.of(rows).flatMapToDouble(java.util.Arrays::stream).toArray();
  }
}
