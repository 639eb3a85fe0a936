package normuon.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import normuon.model.GptConfiguration.Mlp;
import normuon.torch.NativeArrays;
import normuon.torch.OperatorKit;

/**
 * The model's operators ({@code operators.py}) with types. Every forward operator returns a list
 * that begins with its output; the same list tells the backward operator what it needs. The caller
 * closes the lists.
 */
final class GptOperators implements AutoCloseable {

  private final OperatorKit kit;
  private final NativeArrays rotary;
  private final Long heads;
  private final Long keyValueHeads;
  private final Double epsilon;
  private final String mlp;

  GptOperators(NDManager manager, GptConfiguration configuration, DataType type) {
    kit = OperatorKit.load(manager, GptOperators.class, "operators.py");
    rotary = RotaryEmbedding.tables(manager, configuration, type);
    heads = (long) configuration.heads();
    keyValueHeads = (long) configuration.keyValueHeads();
    epsilon = configuration.normEpsilon();
    mlp = configuration.mlp() == Mlp.SWIGLU ? "swiglu" : "squared_relu";
  }

  /** Looks up ids [sequences, length]: [tokens, width]. */
  NativeArrays embed(NDArray table, NDArray ids) {
    return kit.computeList("embed", table, ids);
  }

  void embedBackward(NativeArrays gradient, NDArray tableGradient, NDArray ids) {
    kit.run("embed_backward_", gradient, tableGradient, ids);
  }

  /** The attention part of a block, with its residual connection. */
  NativeArrays attend(NativeArrays input, NativeArrays weights, long sequences) {
    return kit.computeList(
        "attend", input, weights, rotary, sequences, heads, keyValueHeads, epsilon);
  }

  void attendBackward(
      NativeArrays gradient, NativeArrays saved, NativeArrays weights, NativeArrays gradients) {
    kit.run("attend_backward_", gradient, saved, weights, gradients, rotary, keyValueHeads);
  }

  /** The feed-forward part of a block, with its residual connection. */
  NativeArrays feedForward(NativeArrays input, NativeArrays weights) {
    return kit.computeList(mlp, input, weights, epsilon);
  }

  void feedForwardBackward(
      NativeArrays gradient, NativeArrays saved, NativeArrays weights, NativeArrays gradients) {
    kit.run(mlp + "_backward_", gradient, saved, weights, gradients);
  }

  /** The last normalization and the head: logits [tokens, vocabulary]. */
  NativeArrays project(NativeArrays input, NativeArrays weights) {
    return kit.computeList("project", input, weights, epsilon);
  }

  /** Returns the gradient of the input, to be handed to the parts before. */
  NativeArrays projectBackward(
      NativeArrays gradient, NativeArrays saved, NativeArrays weights, NativeArrays gradients) {
    return kit.computeList("project_backward", gradient, saved, weights, gradients);
  }

  /** The mean cross-entropy in nats, an array of no dimension of the owner. */
  NDArray crossEntropy(NDManager owner, NativeArrays logits, NDArray targets) {
    return kit.compute(owner, "cross_entropy", logits, targets);
  }

  /** Labels drawn from the predictions: int64, shaped like the uniform numbers. */
  NDArray sampleTargets(NDManager owner, NativeArrays logits, NDArray uniforms) {
    return kit.compute(owner, "sample_targets", logits, uniforms);
  }

  /** The gradient of weight · cross-entropy, followed by the cross-entropy. */
  NativeArrays crossEntropyBackward(NativeArrays logits, NDArray targets, double weight) {
    return kit.computeList("cross_entropy_backward", logits, targets, weight);
  }

  /** The cross-entropy that {@link #crossEntropyBackward} gave. */
  double lossOf(NativeArrays gradientAndLoss) {
    return kit.computeNumber("second_as_number", gradientAndLoss);
  }

  /** The logits as [sequences, length, vocabulary]. */
  NDArray logits(NDManager owner, NativeArrays projected, long sequences) {
    return kit.compute(owner, "logits_of", projected, sequences);
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
