package normuon.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Operators in TorchScript, called from Java. */
class OperatorKitTest {

  private final NDManager manager = TorchRuntime.newManager();
  private final OperatorKit kit = OperatorKit.general(manager);

  @AfterEach
  void close() {
    kit.close();
    manager.close();
  }

  @Test
  void bfloat16KeepsEightBitsOfPrecision() {
    NDArray x = manager.create(new float[] {1, -0.5f, 1 + 1f / 128, 1 + 1f / 512, 3.0e38f});
    NDArray half = kit.compute(manager, "to_bfloat16", x);
    float[] back = kit.compute(manager, "to_float32", half).toFloatArray();
    assertThat(back).startsWith(1, -0.5f, 1 + 1f / 128, 1);
    assertThat(back[4]).isBetween(2.99e38f, 3.01e38f);
    assertThat(half.toByteBuffer(true).remaining()).isEqualTo(2 * 5);
  }

  @Test
  void operatorsInPlaceKeepTheMemory() {
    NDArray x = manager.ones(new Shape(3));
    FloatBuffer memory = x.toByteBuffer(true).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer();
    kit.run("add_", x, manager.create(new float[] {1, 2, 3}));
    kit.run("multiply_", x, 10.0);
    assertThat(x.toFloatArray()).containsExactly(20, 30, 40);
    assertThat(memory.get(2)).isEqualTo(40);
    kit.run("zero_", x);
    assertThat(memory.get(2)).isZero();
  }

  @Test
  void listsHandArraysOnWithoutCopies() {
    NDArray x = manager.ones(new Shape(2));
    List<NDArray> same;
    try (NativeArrays list = NativeArrays.of(List.of(x, x))) {
      same = list.arrays(manager);
    }
    assertThat(same).hasSize(2);
    kit.run("multiply_", same.get(1), 5.0);
    assertThat(x.toFloatArray()).containsExactly(5, 5);
  }

  @Test
  void gradientsAddUpInPlace() {
    NDArray x = manager.create(new float[] {1, 2});
    x.setRequiresGradient(true);
    NDArray factor = manager.create(3f);
    for (int i = 0; i < 2; i++) {
      try (Autograd autograd = Autograd.recording()) {
        autograd.backward(kit.apply("scale", x, factor).sum());
      }
    }
    assertThat(TorchRuntime.gradient(x).toFloatArray()).containsExactly(6, 6);
  }

  @Test
  void namesTheOperatorThatDoesNotExist() {
    NDArray x = manager.create(1f);
    assertThatThrownBy(() -> kit.compute(manager, "subtract", x)).hasMessageContaining("subtract");
    assertThatThrownBy(() -> kit.apply("subtract", x)).hasMessageContaining("subtract");
  }

  @Test
  void refusesArgumentsThatOperatorsCannotTake() {
    assertThatThrownBy(() -> kit.run("zero_", "text"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "Invalid operator argument of class java.lang.String: must be an array, NDArray[], NativeArrays, Long, Double,"
                + " Boolean or double[]");
    assertThatThrownBy(() -> OperatorKit.load(manager, OperatorKitTest.class, "absent.py"))
        .hasMessage(
            "Operator source absent.py beside normuon.torch.OperatorKitTest does not exist");
  }
}
