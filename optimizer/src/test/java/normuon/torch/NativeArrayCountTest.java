package normuon.torch;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Whoever opens a native array owns it: after many operations nothing is left over. */
class NativeArrayCountTest {

  private static final int OPERATIONS = 2000;

  @Test
  void operationsLeaveNoArraysBehind() {
    try (NDManager manager = TorchRuntime.newManager();
        OperatorKit kit = OperatorKit.general(manager)) {
      NDArray x = manager.ones(new Shape(256, 256));
      NDArray factor = manager.ones(new Shape());
      operate(kit, manager, x, factor);
      int count = manager.getManagedArrays().size();
      long memory = committedMemory();
      for (int i = 0; i < OPERATIONS / 4; i++) {
        operate(kit, manager, x, factor);
      }
      assertThat(manager.getManagedArrays()).hasSize(count);
      // One array that leaked each time would be 128 MB.
      assertThat(committedMemory() - memory).isLessThan(64L << 20);
    }
  }

  /** One operation of every kind. */
  private static void operate(OperatorKit kit, NDManager manager, NDArray x, NDArray factor) {
    try (NDManager step = manager.newSubManager()) {
      NDArray copy = kit.compute(step, "add", x, x);
      kit.run("copy_", copy, x);
      kit.run("multiply_", copy, 0.5);
      copy.attach(step);
      kit.apply("scale", copy, factor);
      try (NativeArrays list = NativeArrays.of(List.of(copy, x))) {
        list.arrays(step);
      }
    }
  }

  private static long committedMemory() {
    return ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class)
        .getCommittedVirtualMemorySize();
  }

  @Test
  void theResultOfAnAppliedOperatorBelongsToItsFirstArgument() {
    try (NDManager manager = TorchRuntime.newManager();
        OperatorKit kit = OperatorKit.general(manager);
        NDManager step = manager.newSubManager()) {
      NDArray activation = step.ones(new Shape(3));
      NDArray weight = manager.ones(new Shape(3));
      assertThat(kit.apply("add", activation, weight).getManager()).isSameAs(step);
    }
  }
}
