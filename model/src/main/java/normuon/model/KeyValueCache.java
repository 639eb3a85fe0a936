package normuon.model;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.List;
import java.util.stream.Stream;
import normuon.torch.NativeArrays;

/**
 * The keys and values that each block has computed for one sequence, and the tokens they are of.
 * There are two arrays per block, [key-value heads, tokens, head width], with room for as many
 * tokens as were ever asked for, up to twice that, and never for more than the context.
 */
public final class KeyValueCache implements AutoCloseable {

  private static final int FIRST_CAPACITY = 64;

  private final NDManager manager;
  private final GptConfiguration configuration;
  private final DataType type;
  private List<NativeArrays> layers = List.of();
  private int[] tokens = {};
  private int length;

  /**
   * Creates an empty cache.
   *
   * @param parent on the model's device
   * @param type that of the model's weights
   */
  KeyValueCache(NDManager parent, GptConfiguration configuration, DataType type) {
    this.manager = parent.newSubManager();
    this.configuration = configuration;
    this.type = type;
  }

  /**
   * Makes room for a sequence. Where there was none, the cache is empty afterwards: what it held is
   * computed again, which happens once each time that a sequence has doubled.
   */
  void reserve(int count) {
    if (count <= tokens.length) {
      return;
    }
    int wanted = Math.max(FIRST_CAPACITY, Math.max(count, 2 * tokens.length));
    int capacity = Math.min(configuration.context(), wanted);
    free();
    tokens = new int[capacity];
    Shape shape = new Shape(configuration.keyValueHeads(), capacity, configuration.headWidth());
    layers = Stream.generate(() -> keysAndValues(shape)).limit(configuration.layers()).toList();
  }

  /** The list holds the arrays; the objects that Java has of them are not needed. */
  private NativeArrays keysAndValues(Shape shape) {
    try (NDManager scratch = manager.newSubManager()) {
      return NativeArrays.of(List.of(scratch.zeros(shape, type), scratch.zeros(shape, type)));
    }
  }

  private void free() {
    layers.forEach(NativeArrays::close);
    layers = List.of();
    length = 0;
  }

  /**
   * The most memory that the cache of a float32 model takes, in bytes: 8 · layers · context ·
   * key-value heads · head width.
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
    free();
    manager.close();
  }
}
