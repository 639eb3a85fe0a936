package normuon.model;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.List;
import normuon.torch.NativeArrays;

/**
 * The keys and values that each block has computed for one sequence, and the tokens they are of.
 * They are allocated once, for a whole context: two arrays per block, [key-value heads, context,
 * head width], and no decoding makes them larger.
 */
public final class KeyValueCache implements AutoCloseable {

  private final NDManager manager;
  private final List<NativeArrays> layers = new ArrayList<>();
  private final int[] tokens;
  private int length;

  /**
   * Allocates an empty cache.
   *
   * @param parent on the model's device
   * @param type that of the model's weights
   */
  KeyValueCache(NDManager parent, GptConfiguration configuration, DataType type) {
    manager = parent.newSubManager();
    tokens = new int[configuration.context()];
    Shape shape =
        new Shape(
            configuration.keyValueHeads(), configuration.context(), configuration.headWidth());
    for (int layer = 0; layer < configuration.layers(); layer++) {
      layers.add(NativeArrays.of(List.of(manager.zeros(shape, type), manager.zeros(shape, type))));
    }
  }

  /**
   * The memory that the cache of a float32 model takes, in bytes: 8 · layers · context · key-value
   * heads · head width.
   */
  public static long bytes(GptConfiguration configuration) {
    return 2L
        * Float.BYTES
        * configuration.layers()
        * configuration.context()
        * configuration.keyValueWidth();
  }

  /** The keys and the values of a block. */
  NativeArrays layer(int layer) {
    return layers.get(layer);
  }

  /**
   * How much of a sequence need not be computed again.
   *
   * @return how many of its first tokens the cache begins with; less than all, as the last one must
   *     be seen for the next to be predicted
   */
  int known(int[] sequence, int start, int end) {
    int most = Math.min(length, end - start - 1);
    int known = 0;
    while (known < most && tokens[known] == sequence[start + known]) {
      known++;
    }
    return known;
  }

  /** Notes that the arrays now are those of a sequence. */
  void holds(int[] sequence, int start, int end) {
    length = end - start;
    System.arraycopy(sequence, start, tokens, 0, length);
  }

  @Override
  public void close() {
    layers.forEach(NativeArrays::close);
    manager.close();
  }
}
