package normuon.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.Arrays;

/** Runs the whole sequence through the model each time. */
record UncachedDecoder(StagedGpt model) implements Decoder {

  @Override
  public float[] logits(int[] tokens, int start, int end) {
    long[] window = Arrays.stream(tokens, start, end).asLongStream().toArray();
    try (NDManager step = model.newManager()) {
      NDArray logits = model.logits(step.create(window, new Shape(1, window.length)));
      return logits.get(0, window.length - 1L).toFloatArray();
    }
  }

  /** The model is the caller's. */
  @Override
  public void close() {}
}
