package normuon.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.nio.BufferOverflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class HostBuffersTest {

  private final NDManager manager = NDManager.newBaseManager(Device.cpu(), "PyTorch");

  @AfterEach
  void closeArrays() {
    manager.close();
  }

  @Test
  void readsRowsAsLittleEndianBytes() {
    NDArray array = manager.arange(12f).reshape(4, 3);
    ByteBuffer target = buffer(6 * Float.BYTES);

    HostBuffers.read(array, 3, 9, target);

    assertThat(floats(target.flip())).containsExactly(3, 4, 5, 6, 7, 8);
  }

  @Test
  void writesRowsAndLeavesTheOthers() {
    NDArray array = manager.zeros(new Shape(3, 2));
    ByteBuffer source = buffer(2 * Float.BYTES).putFloat(1.5f).putFloat(-2f).flip();

    HostBuffers.write(source, array, 2, 4);

    assertThat(array.toFloatArray()).containsExactly(0, 0, 1.5f, -2f, 0, 0);
    assertThat(source.remaining()).isZero();
  }

  @Test
  void writesAtTheBuffersPositionAndLeavesTheRest() {
    NDArray array = manager.zeros(new Shape(1));
    ByteBuffer source = buffer(12).putFloat(1f).putFloat(2f).putFloat(3f).position(4);

    HostBuffers.write(source, array, 0, 1);

    assertThat(array.toFloatArray()).containsExactly(2f);
    assertThat(source.getFloat()).isEqualTo(3f);
  }

  @Test
  void copiesOtherTypesByTheirOwnWidth() {
    NDArray array = manager.create(new long[] {1, 2, 3});
    NDArray copy = manager.zeros(new Shape(3), DataType.INT64);
    ByteBuffer buffer = buffer(2 * Long.BYTES);

    HostBuffers.read(array, 1, 3, buffer);
    HostBuffers.write(buffer.flip(), copy, 0, 2);

    assertThat(copy.toLongArray()).containsExactly(2, 3, 0);
  }

  @Test
  void copiesNothingOfAnArrayWithoutRows() {
    NDArray empty = manager.create(new Shape(0, 3));
    ByteBuffer buffer = buffer(0);

    HostBuffers.read(empty, 0, 0, buffer);
    HostBuffers.write(buffer, empty, 0, 0);

    assertThat(buffer.position()).isZero();
  }

  @Test
  void refusesToWriteThroughAView() {
    NDArray transposed = manager.arange(6f).reshape(3, 2).transpose();

    assertThatThrownBy(() -> HostBuffers.write(buffer(24), transposed, 0, 6))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("Invalid array of shape (2, 3): must be contiguous to be written");
  }

  @Test
  void writesToAContiguousSlice() {
    NDArray array = manager.zeros(new Shape(3, 2));
    ByteBuffer source = buffer(8).putFloat(1f).putFloat(2f).flip();

    HostBuffers.write(source, array.get("1:2"), 0, 2);

    assertThat(array.toFloatArray()).containsExactly(0, 0, 1, 2, 0, 0);
  }

  @Test
  void refusesElementsOutsideTheArray() {
    NDArray array = manager.zeros(new Shape(2, 2));

    assertThatThrownBy(() -> HostBuffers.read(array, 2, 5, buffer(12)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("Invalid elements [2, 5): must be within the 4 elements of shape (2, 2)");
  }

  @Test
  void refusesBuffersThatAreTooSmall() {
    NDArray array = manager.zeros(new Shape(2));

    assertThatThrownBy(() -> HostBuffers.write(buffer(4), array, 0, 2))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("Invalid buffer of 4 bytes: the elements take 8 bytes");
    assertThatThrownBy(() -> HostBuffers.read(array, 0, 2, buffer(4)))
        .isInstanceOf(BufferOverflowException.class);
  }

  private static ByteBuffer buffer(int bytes) {
    return ByteBuffer.allocateDirect(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  private static float[] floats(ByteBuffer bytes) {
    float[] values = new float[bytes.remaining() / Float.BYTES];
    bytes.order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(values);
    return values;
  }
}
