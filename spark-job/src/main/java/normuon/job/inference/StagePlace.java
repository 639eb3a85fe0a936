package normuon.job.inference;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import normuon.torch.ParameterSpec;

/**
 * Arrays that one stage after another is read into. The thread that reads allocates them; those who
 * take and give back do so one at a time.
 */
final class StagePlace {

  /** Where nothing is read or held. */
  private static final int NOTHING = -1;

  private final NDManager parent;
  private NDManager manager;
  private List<NDArray> arrays = List.of();
  private List<ParameterSpec> allocated = List.of();
  private List<ParameterSpec> specs = List.of();
  private int stage = NOTHING;
  private boolean held;
  private Future<?> read;

  StagePlace(NDManager parent) {
    this.parent = parent;
  }

  /** Whether nobody holds what is in it. */
  boolean isFree() {
    return !held;
  }

  /** Whether nothing is on its way into it either. */
  boolean isIdle() {
    return stage == NOTHING;
  }

  /** Whether a stage is on its way into it, or there and not yet held. */
  boolean expects(int wanted) {
    return isFree() && stage == wanted;
  }

  /** Whether the arrays that it has, or will have by then, are of these shapes. */
  boolean fits(List<ParameterSpec> wanted) {
    return haveEqualShapes(specs, wanted);
  }

  /** Takes it for a stage. */
  void expect(int wanted, List<ParameterSpec> parameters, Future<?> reading) {
    stage = wanted;
    specs = parameters;
    read = reading;
  }

  void hold() {
    held = true;
  }

  void giveBack() {
    held = false;
    stage = NOTHING;
  }

  /**
   * The arrays for a stage: those of the stage before if their shapes are the same. For the thread
   * that reads, one stage after another.
   */
  List<NDArray> allocate(List<ParameterSpec> parameters) {
    if (!haveEqualShapes(allocated, parameters)) {
      close();
      manager = parent.newSubManager();
      arrays =
          parameters.stream()
              .map(spec -> manager.create(new Shape(spec.shape()), DataType.FLOAT32))
              .toList();
      allocated = parameters;
    }
    return arrays;
  }

  private static boolean haveEqualShapes(List<ParameterSpec> some, List<ParameterSpec> others) {
    return Arrays.deepEquals(shapes(some), shapes(others));
  }

  private static long[][] shapes(List<ParameterSpec> parameters) {
    return parameters.stream().map(ParameterSpec::shape).toArray(long[][]::new);
  }

  /**
   * The arrays, once they are read.
   *
   * @throws RuntimeException if they cannot be read; why
   */
  List<NDArray> await() {
    try {
      read.get();
      return arrays;
    } catch (ExecutionException failed) {
      if (failed.getCause() instanceof RuntimeException unchecked) {
        throw unchecked;
      }
      throw new IllegalStateException("Cannot read weights: " + failed.getCause(), failed);
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("Cannot wait for weights: the thread is stopped", stopped);
    }
  }

  /** Frees the arrays. */
  void close() {
    if (manager != null) {
      manager.close();
    }
    arrays = List.of();
    allocated = List.of();
  }
}
