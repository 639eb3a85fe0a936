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
    return normal(manager, spec, seed, deviation, 0, spec.rows());
  }

  /**
   * Draws some rows of the same array, in the memory of those rows.
   *
   * @param manager owns the result
   * @param spec name and shape of the whole
   * @param seed the run's seed
   * @param deviation standard deviation
   * @param firstRow the first row
   * @param endRow the row after the last one
   * @return a float32 array, shaped like the whole but for the number of rows
   */
  public static NDArray normal(
      NDManager manager,
      ParameterSpec spec,
      long seed,
      double deviation,
      long firstRow,
      long endRow) {
    if (firstRow < 0 || endRow < firstRow || endRow > spec.rows()) {
      throw new IllegalArgumentException(
          "Invalid rows [" + firstRow + ", " + endRow + "): must be within those of " + spec);
    }
    long[] shape = spec.shape().clone();
    shape[0] = endRow - firstRow;
    NDArray array = manager.create(new Shape(shape), DataType.FLOAT32, Device.cpu());
    if (endRow > firstRow) {
      draw(
          hostView(array).asFloatBuffer(),
          generator(spec, seed),
          deviation,
          firstRow * spec.columns());
    }
    return moved(array, manager.getDevice());
  }

  private static SplittableRandom generator(ParameterSpec spec, long seed) {
    CRC32 name = new CRC32();
    name.update(spec.name().getBytes(StandardCharsets.UTF_8));
    return new SplittableRandom(seed * 0x9E3779B97F4A7C15L ^ name.getValue());
  }

  /**
   * Box and Muller's pairs, with StrictMath: the same bits on every machine. Two uniform numbers
   * make two values, so that those of the pairs before are drawn, which costs little, and dropped.
   */
  private static void draw(
      FloatBuffer values, SplittableRandom random, double deviation, long first) {
    for (long i = 0; i < first / 2 * 2; i++) {
      random.nextDouble();
    }
    boolean dropped = first % 2 == 1;
    while (values.hasRemaining()) {
      double radius = deviation * StrictMath.sqrt(-2 * StrictMath.log(1 - random.nextDouble()));
      double angle = 2 * StrictMath.PI * random.nextDouble();
      if (!dropped) {
        values.put((float) (radius * StrictMath.cos(angle)));
      }
      dropped = false;
      if (values.hasRemaining()) {
        values.put((float) (radius * StrictMath.sin(angle)));
      }
    }
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
