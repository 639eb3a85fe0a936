package normuon.torch;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Scalars under autograd while the garbage collector is busy. DJL's own {@code x.mul(3f)} fails
 * this: it frees the number that the backward pass multiplies by.
 */
class ScalarGradientTest {

  private static final int TRIES = 300;
  private static final int CHAIN = 8;

  private final AtomicBoolean stop = new AtomicBoolean();
  private Thread churn;

  @BeforeEach
  void startChurning() {
    churn = new Thread(this::churn, "churn");
    churn.start();
  }

  @AfterEach
  void stopChurning() throws InterruptedException {
    stop.set(true);
    churn.join();
  }

  /** Small native buffers come and go, overwritten, as those of freed numbers would be. */
  private void churn() {
    Deque<ByteBuffer> live = new ArrayDeque<>();
    for (int i = 0; !stop.get(); i++) {
      ByteBuffer buffer = ByteBuffer.allocateDirect(4 + i % 64);
      while (buffer.hasRemaining()) {
        buffer.put((byte) 0x7F);
      }
      live.add(buffer);
      if (live.size() > 2000) {
        live.clear();
        System.gc();
      }
    }
  }

  @Test
  void gradientsOfScaledValuesStayRight() {
    try (NDManager manager = TorchRuntime.newManager();
        OperatorKit kit = OperatorKit.general(manager)) {
      NDArray x = manager.ones(new Shape(64));
      x.setRequiresGradient(true);
      for (int i = 0; i < TRIES; i++) {
        try (NDManager step = manager.newSubManager();
            Autograd autograd = Autograd.recording()) {
          autograd.backward(chain(kit, step, x).sum());
        }
        try (NDArray gradient = TorchRuntime.gradient(x)) {
          assertThat(gradient.toFloatArray()).as("try %d", i).containsOnly(256f);
          kit.run("zero_", gradient);
        }
      }
    }
  }

  /** Multiplies by 4 and by 1 in turn: 256 after 8 times. Results belong to x's manager. */
  private static NDArray chain(OperatorKit kit, NDManager step, NDArray x) {
    NDArray y = x;
    for (int i = 0; i < CHAIN; i++) {
      y = kit.apply("scale", y, step.full(new Shape(), i % 2 == 0 ? 4f : 1f));
      y.attach(step);
    }
    return y;
  }
}
