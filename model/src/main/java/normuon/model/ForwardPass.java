package normuon.model;

import java.util.ArrayDeque;
import java.util.Deque;
import normuon.model.StageArrays.Block;
import normuon.torch.NativeArrays;

/**
 * A forward pass through the blocks that leaves what the backward pass needs: of every block all of
 * it, or its input alone, from which the block is computed again. The block that ran last comes
 * back first.
 */
final class ForwardPass implements AutoCloseable {

  private final GptOperators operators;
  private final ActivationCheckpointing checkpointing;
  private final long sequences;
  private final Deque<NativeArrays> inputs = new ArrayDeque<>();
  private final Deque<BlockActivations> activations = new ArrayDeque<>();

  ForwardPass(GptOperators operators, ActivationCheckpointing checkpointing, long sequences) {
    this.operators = operators;
    this.checkpointing = checkpointing;
    this.sequences = sequences;
  }

  /**
   * Runs the next block.
   *
   * @param input is this pass's from here on
   * @return the block's output alone, which the caller closes or hands to the next block
   */
  NativeArrays forward(NativeArrays input, Block weights) {
    return switch (checkpointing) {
      case NONE -> {
        try (input) {
          activations.push(operators.forward(input, weights, sequences));
        }
        yield operators.outputOf(activations.peek().mlp());
      }
      case BLOCKS -> {
        inputs.push(input);
        try (BlockActivations block = operators.forward(input, weights, sequences)) {
          yield operators.outputOf(block.mlp());
        }
      }
    };
  }

  /**
   * Turns the gradient of the last block's output, in place, into that of its input, and adds to
   * the gradients of its weights. The block's activations are freed; the block before it is then
   * the last.
   */
  void backward(NativeArrays gradient, Block weights, Block sums) {
    try (BlockActivations last = takeLast(weights)) {
      operators.backward(gradient, last, weights, sums);
    }
  }

  private BlockActivations takeLast(Block weights) {
    return switch (checkpointing) {
      case NONE -> activations.pop();
      case BLOCKS -> {
        try (NativeArrays input = inputs.pop()) {
          yield operators.forwardAgain(input, weights, sequences);
        }
      }
    };
  }

  @Override
  public void close() {
    inputs.forEach(NativeArrays::close);
    activations.forEach(BlockActivations::close);
    inputs.clear();
    activations.clear();
  }
}
