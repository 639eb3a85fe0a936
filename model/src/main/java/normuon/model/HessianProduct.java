package normuon.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import java.util.List;
import java.util.stream.IntStream;
import normuon.torch.NativeArrays;
import normuon.torch.OperatorKit;

/**
 * The product of the loss's Hessian with a direction, by differentiating the gradient's product
 * with it (B. Pearlmutter, Neural Computation 6, 1994). The hand-written backward pass cannot be
 * differentiated again, so the model is written once more for autograd ({@code hessian.py}), with
 * attention written out: it takes several times the time and the memory of an ordinary backward
 * pass, of which [sequences, heads, length, length] scores per layer.
 */
final class HessianProduct implements AutoCloseable {

  private final OperatorKit kit;
  private final NDManager manager;
  private final NDArray cosine;
  private final NDArray sine;
  private final List<NDArray> shape;
  private final NDArray epsilon;

  HessianProduct(NDManager parent, GptConfiguration configuration, DataType type) {
    manager = parent.newSubManager();
    kit = OperatorKit.load(manager, HessianProduct.class, "hessian.py");
    try (NativeArrays rotary = RotaryEmbedding.tables(manager, configuration, type)) {
      List<NDArray> tables = rotary.arrays(manager);
      cosine = tables.get(0);
      sine = tables.get(1);
    }
    ParameterLayout layout = new ParameterLayout(configuration);
    shape =
        IntStream.of(
                configuration.layers(),
                layout.attention(0).size(),
                layout.mlp(0).size(),
                configuration.heads(),
                configuration.keyValueHeads())
            .mapToObj(manager::create)
            .toList();
    epsilon = manager.create(configuration.normEpsilon());
  }

  /**
   * Adds weight · H u to sums.
   *
   * @param sums one array for every parameter
   * @param directions u
   * @param parameters where the Hessian is taken
   * @param ids int64 [sequences, length]
   * @param targets the token after every token
   */
  void accumulate(
      List<NDArray> sums,
      List<NDArray> directions,
      List<NDArray> parameters,
      NDArray ids,
      NDArray targets,
      double weight) {
    try (NDArray factor = manager.create(weight)) {
      kit.differentiate(
              "accumulate_product_",
              sums,
              directions,
              parameters,
              List.of(cosine, sine, ids, targets),
              shape,
              List.of(epsilon, factor))
          .close();
    }
  }

  @Override
  public void close() {
    kit.close();
    manager.close();
  }
}
