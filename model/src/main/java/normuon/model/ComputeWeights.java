package normuon.model;

import java.util.List;
import normuon.model.StageArrays.Block;
import normuon.torch.NativeArrays;

/**
 * The weights as the operators multiply with them: the model's own, or bfloat16 copies of its
 * matrices, which are made again when the weights have changed.
 */
final class ComputeWeights implements AutoCloseable {

  private final StageArrays weights;
  private final GptOperators operators;
  private final ComputePrecision precision;
  private StageArrays copies;
  private boolean stale;

  ComputeWeights(StageArrays weights, GptOperators operators, ComputePrecision precision) {
    this.weights = weights;
    this.operators = operators;
    this.precision = precision;
  }

  /** The weights have changed: no copy of them is used any more. */
  void changed() {
    stale = true;
  }

  /** The weights as they are now; they belong to this. */
  StageArrays current() {
    if (precision == ComputePrecision.F32) {
      return weights;
    }
    if (copies == null) {
      copies = copy();
    } else if (stale) {
      refresh();
    }
    stale = false;
    return copies;
  }

  private StageArrays copy() {
    List<Block> blocks =
        weights.blocks().stream()
            .map(
                block ->
                    new Block(operators.narrow(block.attention()), operators.narrow(block.mlp())))
            .toList();
    NativeArrays output = operators.narrow(weights.output());
    return new StageArrays(weights.embedding(), blocks, output);
  }

  private void refresh() {
    for (int layer = 0; layer < copies.blocks().size(); layer++) {
      Block copy = copies.blocks().get(layer);
      Block block = weights.blocks().get(layer);
      operators.narrow(copy.attention(), block.attention());
      operators.narrow(copy.mlp(), block.mlp());
    }
    operators.narrow(copies.output(), weights.output());
  }

  @Override
  public void close() {
    if (copies != null) {
      copies.close();
    }
    weights.close();
  }
}
