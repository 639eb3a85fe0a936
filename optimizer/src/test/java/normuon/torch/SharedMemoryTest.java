package normuon.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.nio.ByteOrder;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SharedMemoryTest {

  private final NDManager manager = NDManager.newBaseManager(Device.cpu(), "PyTorch");

  @AfterEach
  void closeArrays() {
    manager.close();
  }

  @Test
  void isTheArraysOwnMemory() {
    NDArray array = manager.arange(6f).reshape(3, 2);

    try (SharedMemory memory = SharedMemory.of(array)) {
      memory.elements(2, 4).order(ByteOrder.LITTLE_ENDIAN).putFloat(0, 7).putFloat(4, 8);
      assertThat(array.toFloatArray()).containsExactly(0, 1, 7, 8, 4, 5);

      array.addi(1);
      assertThat(memory.elements(2, 3).order(ByteOrder.LITTLE_ENDIAN).getFloat(0)).isEqualTo(8);
    }
  }

  @Test
  void outlivesTheArray() {
    NDArray array = manager.full(new Shape(1 << 20), 3f);

    try (SharedMemory memory = SharedMemory.of(array)) {
      array.close();
      manager.full(new Shape(1 << 20), 4f);

      assertThat(memory.elements(0, 1 << 20).order(ByteOrder.LITTLE_ENDIAN).getFloat(4 << 10))
          .isEqualTo(3);
    }
  }

  @Test
  void leavesNoArrayBehind() {
    NDArray array = manager.ones(new Shape(3));
    int before = manager.getManagedArrays().size();

    SharedMemory.of(array).close();

    assertThat(manager.getManagedArrays()).hasSize(before);
  }

  @Test
  void refusesAnArrayThatIsNotContiguous() {
    NDArray transposed = manager.arange(6f).reshape(2, 3).transpose();

    assertThatThrownBy(() -> SharedMemory.of(transposed))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("Invalid array of shape (3, 2): must be contiguous to be written");
  }
}
