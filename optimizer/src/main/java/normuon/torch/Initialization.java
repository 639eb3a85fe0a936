package normuon.torch;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.charset.StandardCharsets;
import java.util.SplittableRandom;
import java.util.zip.CRC32;

/**
 * First values of parameters that depend on nothing but the seed and the parameter's name: not on
 * ranks, threads, the order of creation or the Java version. (PyTorch's generator is one for the
 * whole process.)
 */
public final class Initialization {

  private Initialization() {}

  /**
   * Draws a normal distribution of mean 0.
   *
   * @param manager owns the result
   * @param spec name and shape
   * @param seed the run's seed
   * @param deviation standard deviation
   * @return a float32 array
   */
  public static NDArray normal(NDManager manager, ParameterSpec spec, long seed, double deviation) {
    CRC32 name = new CRC32();
    name.update(spec.name().getBytes(StandardCharsets.UTF_8));
    SplittableRandom random = new SplittableRandom(seed * 0x9E3779B97F4A7C15L ^ name.getValue());
    NDArray array = manager.create(new Shape(spec.shape()), DataType.FLOAT32, Device.cpu());
    FloatBuffer values = hostView(array).asFloatBuffer();
    // Box and Muller's pairs, with StrictMath: the same bits on every machine.
    while (values.hasRemaining()) {
      double radius = deviation * StrictMath.sqrt(-2 * StrictMath.log(1 - random.nextDouble()));
      double angle = 2 * StrictMath.PI * random.nextDouble();
      values.put((float) (radius * StrictMath.cos(angle)));
      if (values.hasRemaining()) {
        values.put((float) (radius * StrictMath.sin(angle)));
      }
    }
    return moved(array, manager.getDevice());
  }

  private static NDArray moved(NDArray array, Device device) {
    NDArray there = array.toDevice(device, false);
    if (there != array) {
      array.close();
    }
    return there;
  }

  private static ByteBuffer hostView(NDArray array) {
    return array.toByteBuffer(true).order(ByteOrder.LITTLE_ENDIAN);
  }
}
