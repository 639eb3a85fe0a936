package normuon.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import normuon.model.GptConfiguration.Mlp;
import normuon.model.StageArrays.Block;
import normuon.torch.NativeArrays;
import normuon.torch.OperatorKit;

/**
 * The model's operators ({@code operators.py}) with types. Every forward operator returns a list
 * that begins with its output; the same list tells the backward operator what it needs. The caller
 * closes the lists.
 */
final class GptOperators implements AutoCloseable {

  private final OperatorKit kit;
  private final DataType type;
  private final NativeArrays rotary;
  private final Long heads;
  private final Long keyValueHeads;
  private final Double epsilon;
  private final String mlp;
  private final Long lossChunk;

  /**
   * Compiles the operators of a model.
   *
   * @param manager the operators close with it
   * @param type that of weights and of the residual stream, FLOAT32 or FLOAT64
   */
  GptOperators(
      NDManager manager, GptConfiguration configuration, ComputeOptions options, DataType type) {
    kit = OperatorKit.load(manager, GptOperators.class, "operators.py");
    rotary = RotaryEmbedding.tables(manager, configuration, type);
    heads = (long) configuration.heads();
    keyValueHeads = (long) configuration.keyValueHeads();
    epsilon = configuration.normEpsilon();
    mlp = configuration.mlp() == Mlp.SWIGLU ? "swiglu" : "squared_relu";
    this.type = type;
    lossChunk = options.lossChunk(configuration.vocabularySize());
  }

  /** That of weights, unless they are multiplied in bfloat16, and of the residual stream. */
  DataType type() {
    return type;
  }

  /** Looks up ids [sequences, length]: [tokens, width]. */
  NativeArrays embed(NDArray table, NDArray ids) {
    return kit.computeList("embed", table, ids);
  }

  void embedBackward(NativeArrays gradient, NDArray tableGradient, NDArray ids) {
    kit.run("embed_backward_", gradient, tableGradient, ids);
  }

  /** A block: the attention part, then the feed-forward part, each with its residual connection. */
  BlockActivations forward(NativeArrays input, Block weights, long sequences) {
    return block(input, weights, sequences, mlp);
  }

  /** A block whose output is known: what its backward operators need, to the same bits. */
  BlockActivations forwardAgain(NativeArrays input, Block weights, long sequences) {
    return block(input, weights, sequences, mlp + "_again");
  }

  private BlockActivations block(
      NativeArrays input, Block weights, long sequences, String feedForward) {
    NativeArrays attended = attend(input, weights.attention(), sequences);
    try {
      return new BlockActivations(
          attended, kit.computeList(feedForward, attended, weights.mlp(), epsilon));
    } catch (RuntimeException | Error e) {
      attended.close();
      throw e;
    }
  }

  /** The attention part of a block. */
  NativeArrays attend(NativeArrays input, NativeArrays weights, long sequences) {
    return kit.computeList(
        "attend", input, weights, rotary, sequences, heads, keyValueHeads, epsilon);
  }

  /** The feed-forward part of a block. */
  NativeArrays feedForward(NativeArrays input, NativeArrays weights) {
    return kit.computeList(mlp, input, weights, epsilon);
  }

  /** A part's output without the rest. */
  NativeArrays outputOf(NativeArrays part) {
    return kit.computeList("output_of", part);
  }

  /**
   * Turns the gradient of a block's output, in place, into that of its input. What the feed-forward
   * part kept is freed before the attention part begins.
   */
  void backward(NativeArrays gradient, BlockActivations saved, Block weights, Block gradients) {
    try (NativeArrays kept = saved.mlp()) {
      kit.run(mlp + "_backward_", gradient, kept, weights.mlp(), gradients.mlp());
    }
    kit.run(
        "attend_backward_",
        gradient,
        saved.attention(),
        weights.attention(),
        gradients.attention(),
        rotary,
        keyValueHeads);
  }

  /** The last normalization and the head: logits [sequences, length, vocabulary]. */
  NDArray logits(NDManager owner, NativeArrays input, NativeArrays weights, long sequences) {
    return kit.compute(owner, "logits", input, weights, epsilon, sequences);
  }

  /** The mean cross-entropy in nats, an array of no dimension of the owner. */
  NDArray crossEntropy(NDManager owner, NativeArrays input, NativeArrays weights, NDArray targets) {
    return kit.compute(owner, "cross_entropy", input, weights, targets, epsilon, lossChunk);
  }

  /** The same as a number. */
  double meanCrossEntropy(
      NDManager owner, NativeArrays input, NativeArrays weights, NDArray targets) {
    try (NDArray loss = crossEntropy(owner, input, weights, targets)) {
      return kit.computeNumber("as_number", loss);
    }
  }

  /** Labels drawn from the predictions: int64, shaped like the uniform numbers. */
  NDArray sampleTargets(
      NDManager owner, NativeArrays input, NativeArrays weights, NDArray uniforms) {
    return kit.compute(owner, "sample_targets", input, weights, uniforms, epsilon, lossChunk);
  }

  /**
   * The gradient of the input for weight · cross-entropy, to be handed to the blocks before,
   * followed by the cross-entropy; adds to the gradients of the output's weights.
   */
  NativeArrays crossEntropyBackward(
      NativeArrays input,
      NativeArrays weights,
      NativeArrays gradients,
      NDArray targets,
      double weight) {
    return kit.computeList(
        "cross_entropy_backward", input, weights, gradients, targets, weight, epsilon, lossChunk);
  }

  /** The cross-entropy that {@link #crossEntropyBackward} gave. */
  double lossOf(NativeArrays gradientAndLoss) {
    return kit.computeNumber("second_as_number", gradientAndLoss);
  }

  /** A part's weights with its matrices in bfloat16; the rest is shared. */
  NativeArrays narrow(NativeArrays weights) {
    return kit.computeList("narrow", weights);
  }

  /** The same into the list that {@link #narrow(NativeArrays)} gave. */
  void narrow(NativeArrays copies, NativeArrays weights) {
    kit.run("narrow_", copies, weights);
  }

  void zero(NativeArrays arrays) {
    kit.run("zero_", arrays);
  }

  @Override
  public void close() {
    rotary.close();
    kit.close();
  }
}
