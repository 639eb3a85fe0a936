package normuon.model;

import ai.djl.ndarray.NDArray;
import java.util.List;

/** A model's gradients as Java numbers. */
final class Gradients {

  private Gradients() {}

  static List<float[]> of(Gpt model) {
    return model.gradients().stream().map(NDArray::toFloatArray).toList();
  }

  /** The largest, over the parameters, of |a - b| / |b|. */
  static double distance(Gpt model, Gpt expected) {
    List<float[]> found = of(model);
    List<float[]> right = of(expected);
    double largest = 0;
    for (int i = 0; i < found.size(); i++) {
      largest = Math.max(largest, distance(found.get(i), right.get(i)));
    }
    return largest;
  }

  private static double distance(float[] found, float[] right) {
    double difference = 0;
    double norm = 0;
    for (int i = 0; i < found.length; i++) {
      difference += Math.pow((double) found[i] - right[i], 2);
      norm += Math.pow(right[i], 2);
    }
    return Math.sqrt(difference / norm);
  }
}
