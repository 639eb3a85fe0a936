package normuon.torch;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import java.nio.ByteBuffer;

/**
 * Copies elements between an array on any device and a direct buffer, which PyTorch sees as an
 * array in host memory. Allocates neither there nor on the device.
 */
final class DeviceElements {

  private static final NDIndex ALL = new NDIndex(":");

  private DeviceElements() {}

  /** As {@link HostBuffers#read}. */
  static void read(NDArray array, long start, long end, ByteBuffer target) {
    ByteBuffer bytes = next(array, start, end, target);
    try (NDManager host = TorchRuntime.newManager();
        NDArray flat = flat(array);
        NDArray source = flat.get(new NDIndex("{}:{}", start, end))) {
      host.create(bytes, new Shape(end - start), array.getDataType()).set(ALL, source);
    }
    target.position(target.position() + bytes.remaining());
  }

  /** As {@link HostBuffers#write}. */
  static void write(ByteBuffer source, NDArray array, long start, long end) {
    ByteBuffer bytes = next(array, start, end, source);
    try (NDManager host = TorchRuntime.newManager();
        NDArray flat = flat(array)) {
      NDArray elements = host.create(bytes, new Shape(end - start), array.getDataType());
      flat.set(new NDIndex("{}:{}", start, end), elements);
    }
    source.position(source.position() + bytes.remaining());
  }

  /** The buffer's next bytes, as many as the elements take. */
  private static ByteBuffer next(NDArray array, long start, long end, ByteBuffer buffer) {
    HostBuffers.requireElements(array, start, end);
    long length = (end - start) * array.getDataType().getNumOfBytes();
    if (!buffer.isDirect() || buffer.remaining() < length) {
      throw new IllegalArgumentException(
          "Invalid buffer "
              + buffer
              + ": must be direct and have the "
              + length
              + " bytes that the elements on "
              + array.getDevice()
              + " take");
    }
    return buffer.slice(buffer.position(), (int) length);
  }

  /** The elements in one row; the same memory, also where gradients are recorded. */
  private static NDArray flat(NDArray array) {
    try (NDArray detached = array.stopGradient()) {
      return detached.reshape(-1);
    }
  }
}
