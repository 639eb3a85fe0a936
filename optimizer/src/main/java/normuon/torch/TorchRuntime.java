package normuon.torch;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.engine.StandardCapabilities;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import ai.djl.util.Platform;
import ai.djl.util.Utils;

/** The PyTorch of this process. */
public final class TorchRuntime {

  private static final String ENGINE = "PyTorch";

  private TorchRuntime() {}

  /**
   * Opens a manager of native arrays; closing it frees every array below it.
   *
   * @param device where its arrays live
   */
  public static NDManager newManager(Device device) {
    return NDManager.newBaseManager(device, ENGINE);
  }

  /** Opens a manager of arrays in host memory. */
  public static NDManager newManager() {
    return newManager(Device.cpu());
  }

  /**
   * Sets how many threads one operator may use, for all threads of this process.
   *
   * @param threads at least 1
   */
  public static void useThreads(int threads) {
    if (threads < 1) {
      throw new IllegalArgumentException(
          "Invalid thread count " + threads + ": must be at least 1");
    }
    Engine.getEngine(ENGINE); // loads the native library that the next call is in
    JniUtils.setNumThreads(threads);
  }

  /** The version of PyTorch, such as 2.7.1. */
  public static String version() {
    return Engine.getEngine(ENGINE).getVersion();
  }

  /** The kind of PyTorch, such as cpu or cu128, as its package or the environment says. */
  public static String flavor() {
    return Utils.getEnvOrSystemProperty(
        "PYTORCH_FLAVOR", Platform.detectPlatform("pytorch").getFlavor());
  }

  /** Whether PyTorch can compute on a GPU here. */
  public static boolean hasCuda() {
    return Engine.getEngine(ENGINE).hasCapability(StandardCapabilities.CUDA);
  }

  /**
   * The gradient that autograd has added up in a parameter.
   *
   * @param parameter an array that requires a gradient and has one
   * @return the gradient itself, not a copy; it belongs to the parameter's manager until closed
   */
  public static NDArray gradient(NDArray parameter) {
    return JniUtils.getGradient((PtNDArray) parameter);
  }
}
