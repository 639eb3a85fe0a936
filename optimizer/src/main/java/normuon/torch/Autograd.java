package normuon.torch;

import ai.djl.ndarray.NDArray;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;

/**
 * A stretch of code whose operators autograd records, on the calling thread alone: ranks that are
 * threads of one process differentiate side by side, which DJL's {@code GradientCollector} refuses.
 */
public final class Autograd implements AutoCloseable {

  private final boolean before;

  private Autograd(boolean recording) {
    before = JniUtils.isGradMode();
    JniUtils.setGradMode(recording);
  }

  /** Records until closed. */
  public static Autograd recording() {
    return new Autograd(true);
  }

  /** Records nothing until closed; a new thread starts out recording. */
  public static Autograd off() {
    return new Autograd(false);
  }

  /**
   * Adds the gradient of a scalar to the gradients of all parameters that it depends on.
   *
   * @param loss an array of one element
   */
  public void backward(NDArray loss) {
    try (NDArray one = loss.getManager().ones(loss.getShape(), loss.getDataType())) {
      backward(loss, one);
    }
  }

  /**
   * Adds the product of an output's Jacobian and a given gradient to the gradients of all
   * parameters and inputs that the output depends on.
   *
   * @param output any array
   * @param outputGradient an array of the same shape
   */
  public void backward(NDArray output, NDArray outputGradient) {
    JniUtils.backward((PtNDArray) output, (PtNDArray) outputGradient, false, false);
  }

  @Override
  public void close() {
    JniUtils.setGradMode(before);
  }
}
