package normuon.model;

import ai.djl.ndarray.NDArray;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.stream.Stream;
import normuon.torch.NativeArrays;
import normuon.torch.ParameterSpec;

/**
 * One array for every parameter, its value or its gradient, grouped by the part of the model that
 * uses it, as the operators take them.
 *
 * @param embedding the token embedding
 * @param blocks the blocks, first to last
 * @param output the gain of the last normalization, and the head
 */
record StageArrays(NDArray embedding, List<Block> blocks, NativeArrays output)
    implements AutoCloseable {

  /**
   * The arrays of one block.
   *
   * @param attention as the operator {@code attend} takes them
   * @param mlp as the operators {@code swiglu} and {@code squared_relu} take them
   */
  record Block(NativeArrays attention, NativeArrays mlp) implements AutoCloseable {

    @Override
    public void close() {
      attention.close();
      mlp.close();
    }
  }

  /**
   * Groups arrays.
   *
   * @param configuration the model's shape
   * @param arrays one for every parameter, in the order of {@link ParameterLayout#all}
   */
  static StageArrays group(GptConfiguration configuration, List<NDArray> arrays) {
    ParameterLayout layout = new ParameterLayout(configuration);
    Iterator<NDArray> next = arrays.iterator();
    NDArray embedding = next.next();
    List<Block> blocks = new ArrayList<>();
    for (int layer = 0; layer < configuration.layers(); layer++) {
      NativeArrays attention = take(next, layout.attention(layer));
      blocks.add(new Block(attention, take(next, layout.mlp(layer))));
    }
    NDArray gain = next.next();
    NDArray head = configuration.tiedHead() ? embedding : next.next();
    return new StageArrays(embedding, blocks, NativeArrays.of(List.of(gain, head)));
  }

  private static NativeArrays take(Iterator<NDArray> arrays, List<ParameterSpec> specs) {
    return NativeArrays.of(Stream.generate(arrays::next).limit(specs.size()).toList());
  }

  @Override
  public void close() {
    blocks.forEach(Block::close);
    output.close();
  }
}
