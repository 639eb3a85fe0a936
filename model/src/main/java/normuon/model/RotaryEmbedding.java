package normuon.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.List;
import normuon.torch.NativeArrays;

/**
 * Rotary positions (Su et al., RoFormer) in Hugging Face's "rotate half" convention: at position p
 * the elements i and i + d/2 of a head of width d turn by the angle p · base^(-2i/d).
 */
final class RotaryEmbedding {

  private RotaryEmbedding() {}

  /**
   * Tabulates the angles.
   *
   * @param manager owns the arrays while they are made
   * @param configuration the model's shape
   * @param type FLOAT32 or FLOAT64
   * @return the cosine and the sine, the first half of every sine negated, both [context, 1, head
   *     width]
   */
  static NativeArrays tables(NDManager manager, GptConfiguration configuration, DataType type) {
    int half = configuration.headWidth() / 2;
    int width = configuration.headWidth();
    double[] cosine = new double[configuration.context() * width];
    double[] sine = new double[cosine.length];
    for (int position = 0; position < configuration.context(); position++) {
      for (int i = 0; i < half; i++) {
        double angle = position * Math.pow(configuration.rotaryBase(), -2.0 * i / width);
        int first = position * width + i;
        cosine[first] = Math.cos(angle);
        cosine[first + half] = cosine[first];
        sine[first + half] = Math.sin(angle);
        sine[first] = -sine[first + half];
      }
    }
    Shape shape = new Shape(configuration.context(), 1, width);
    try (NDManager scratch = manager.newSubManager()) {
      return NativeArrays.of(
          List.of(
              nativeArray(scratch, cosine, shape, type), nativeArray(scratch, sine, shape, type)));
    }
  }

  /** An array from Java numbers lies in Java's memory; a duplicate has its own. */
  private static NDArray nativeArray(
      NDManager scratch, double[] values, Shape shape, DataType type) {
    if (type == DataType.FLOAT64) {
      return scratch.create(values, shape).duplicate();
    }
    float[] rounded = new float[values.length];
    for (int i = 0; i < values.length; i++) {
      rounded[i] = (float) values[i];
    }
    return scratch.create(rounded, shape).duplicate();
  }
}
