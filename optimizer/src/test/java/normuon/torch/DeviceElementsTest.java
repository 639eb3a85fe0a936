package normuon.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What copies arrays on a GPU, with arrays on the processor. */
class DeviceElementsTest {

  private final NDManager manager = NDManager.newBaseManager(Device.cpu(), "PyTorch");

  @AfterEach
  void closeArrays() {
    manager.close();
  }

  @Test
  void readsElementsAtTheBuffersPosition() {
    NDArray array = manager.arange(12f).reshape(4, 3);
    ByteBuffer target = buffer(16).position(4);

    DeviceElements.read(array, 4, 7, target);

    assertThat(target.remaining()).isZero();
    target.rewind();
    assertThat(target.getFloat()).isZero();
    assertThat(target.getFloat()).isEqualTo(4);
    assertThat(target.getFloat()).isEqualTo(5);
    assertThat(target.getFloat()).isEqualTo(6);
  }

  @Test
  void writesElementsAndLeavesTheOthers() {
    NDArray array = manager.zeros(new Shape(3, 2));
    ByteBuffer source = buffer(12).putFloat(9).putFloat(1.5f).putFloat(Float.NaN).position(4);

    DeviceElements.write(source, array, 2, 4);

    assertThat(array.toFloatArray()).containsExactly(0, 0, 1.5f, Float.NaN, 0, 0);
    assertThat(source.remaining()).isZero();
  }

  @Test
  void writesWhereGradientsAreRecorded() {
    NDArray weight = manager.zeros(new Shape(2, 2));
    weight.setRequiresGradient(true);

    Autograd recording = Autograd.recording();
    DeviceElements.write(buffer(4).putFloat(7).flip(), weight, 3, 4);
    recording.close();

    assertThat(weight.toFloatArray()).containsExactly(0, 0, 0, 7);
  }

  @Test
  void leavesNoArrayBehind() {
    NDArray array = manager.ones(new Shape(4, 5));
    int before = manager.getManagedArrays().size();

    for (int i = 0; i < 10; i++) {
      DeviceElements.read(array, 0, 20, buffer(80));
      DeviceElements.write(buffer(80), array, 0, 20);
    }

    assertThat(manager.getManagedArrays()).hasSize(before);
  }

  @Test
  void refusesABufferThatPyTorchCannotSee() {
    NDArray array = manager.ones(new Shape(2));

    assertThatThrownBy(() -> DeviceElements.read(array, 0, 2, ByteBuffer.allocate(8)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageEndingWith(
            ": must be direct and have the 8 bytes that the elements on cpu() take");
    assertThatThrownBy(() -> DeviceElements.write(buffer(7), array, 0, 2))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("the 8 bytes");
    assertThatThrownBy(() -> DeviceElements.read(array, 1, 3, buffer(8)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("Invalid elements [1, 3): must be within the 2 elements of shape (2)");
  }

  private static ByteBuffer buffer(int bytes) {
    return ByteBuffer.allocateDirect(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }
}
