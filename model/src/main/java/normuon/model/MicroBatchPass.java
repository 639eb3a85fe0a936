package normuon.model;

import ai.djl.ndarray.NDArray;
import normuon.model.StageArrays.Block;
import normuon.torch.NativeArrays;

/**
 * One micro-batch on its way through the stages: forward its hidden state, and backward, after
 * {@link #throughHead}, the gradient of that.
 */
final class MicroBatchPass implements AutoCloseable {

  private final GptOperators operators;
  private final ForwardPass kept;
  private final NDArray ids;
  private final long sequences;
  private NativeArrays state;

  /**
   * Looks a micro-batch's tokens up.
   *
   * @param checkpointing what is kept of the blocks that {@link #forward} runs
   */
  MicroBatchPass(
      GptOperators operators,
      ActivationCheckpointing checkpointing,
      NDArray embedding,
      NDArray ids) {
    this.operators = operators;
    this.ids = ids;
    this.sequences = ids.getShape().get(0);
    this.kept = new ForwardPass(operators, checkpointing, sequences);
    this.state = operators.embed(embedding, ids);
  }

  /** Runs the next block, for a backward pass. */
  void forward(Block weights) {
    NativeArrays input = state;
    state = null;
    state = kept.forward(input, weights);
  }

  /** Runs the next block and keeps its output alone. */
  void forwardOnly(Block weights) {
    try (NativeArrays attended = attend(weights);
        NativeArrays output = operators.feedForward(attended, weights.mlp())) {
      state = operators.outputOf(output);
    }
  }

  private NativeArrays attend(Block weights) {
    try (NativeArrays input = state) {
      state = null;
      return operators.attend(input, weights.attention(), sequences);
    }
  }

  /** The last block's output. */
  NativeArrays state() {
    return state;
  }

  /** Turns from the last block's output to its gradient, and adds to those of the output stage. */
  void throughHead(NativeArrays weights, NativeArrays sums, MicroBatch batch) {
    try (NativeArrays last = state) {
      state = null;
      state = operators.crossEntropyBackward(last, weights, sums, batch.targets(), batch.weight());
    }
  }

  /** Takes the gradient through the last block that it has not been through. */
  void backward(Block weights, Block sums) {
    kept.backward(state, weights, sums);
  }

  /** Adds to the gradient of the token embedding. */
  void embedBackward(NDArray sum) {
    operators.embedBackward(state, sum, ids);
  }

  /** The loss, after the backward pass: a device need not be waited for before. */
  double loss() {
    return operators.lossOf(state);
  }

  @Override
  public void close() {
    kept.close();
    if (state != null) {
      state.close();
      state = null;
    }
  }
}
