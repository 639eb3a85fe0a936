package normuon.model;

/**
 * The number format of a model's matrix products, of what they multiply and of what is kept of it
 * for the backward pass. The weights themselves, their gradients, the residual stream,
 * normalization, rotary positions, softmax and cross-entropy stay in float32, as under PyTorch's
 * automatic mixed precision.
 */
public enum ComputePrecision {
  /** IEEE single precision; models of float64 compute in that. */
  F32,
  /**
   * bfloat16, from copies of the weights that are made once after every change of them: faster
   * where the processor has units for it, and about half the activations. Attention keeps its
   * inputs and its output in bfloat16 and computes in float32, which is the faster kernel on a
   * processor.
   */
  BF16
}
