package normuon.torch;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.engine.PtSymbolBlock;
import ai.djl.pytorch.jni.IValue;
import ai.djl.pytorch.jni.IValueUtils;
import ai.djl.pytorch.jni.JniUtils;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * PyTorch operators written in TorchScript, callable from Java: every ATen operator, fused ones and
 * in-place ones included, with correct gradients.
 *
 * <p>DJL's own arithmetic with Java numbers keeps the number in Java memory that is freed while
 * autograd still points at it, so gradients turn wrong after a garbage collection. Operators of a
 * kit take numbers either as arrays (under autograd) or copied into the call (without), and are
 * safe. A kit may be used by several threads.
 */
public final class OperatorKit implements AutoCloseable {

  private final PtNDManager manager;
  private final PtSymbolBlock module;
  private final Map<String, NDArray> methodTags = new ConcurrentHashMap<>();

  private OperatorKit(PtNDManager manager, PtSymbolBlock module) {
    this.manager = manager;
    this.module = module;
  }

  /**
   * Compiles operators.
   *
   * @param manager the kit closes with it
   * @param anchor the class beside which the source lies
   * @param resource the name of the source, a class {@code Operators} in TorchScript
   */
  public static OperatorKit load(NDManager manager, Class<?> anchor, String resource) {
    PtNDManager own = (PtNDManager) manager.newSubManager();
    try (InputStream archive = TorchScriptArchive.of(anchor, resource)) {
      return new OperatorKit(own, JniUtils.loadModule(own, archive, false, false));
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot load operators from " + resource, e);
    }
  }

  /** The general operators of this package: {@code operators.py}. */
  public static OperatorKit general(NDManager manager) {
    return load(manager, OperatorKit.class, "operators.py");
  }

  /**
   * Applies an operator that autograd records while gradients are on ({@link Autograd}).
   *
   * @param operator the operator's name
   * @param arguments its arguments, all arrays; the result belongs to the manager of the first
   * @return the result
   */
  public NDArray apply(String operator, NDArray... arguments) {
    NDList inputs = new NDList(arguments.length + 1);
    for (NDArray argument : arguments) {
      inputs.add(argument);
    }
    inputs.add(methodTags.computeIfAbsent(operator, this::methodTag));
    return IValueUtils.forward(module, inputs, true).head();
  }

  /**
   * Applies an operator that differentiates by itself: gradients are on while it runs. It takes
   * lists of arrays alone, since that is what can be handed over with gradients on. The same
   * arguments give the same bits, however often the operator has run.
   *
   * @param operator the operator's name
   * @param arguments its arguments, each a list of arrays; no array may be in two lists
   * @return the result; it belongs to the manager of the first array
   */
  @SafeVarargs
  public final NDArray differentiate(String operator, List<NDArray>... arguments) {
    NDList inputs = new NDList();
    for (int i = 0; i < arguments.length; i++) {
      for (NDArray array : arguments[i]) {
        // DJL makes one list of the arrays whose names are equal and end in brackets.
        array.setName(i + "[]");
        inputs.add(array);
      }
    }
    Autograd recording = Autograd.recording();
    // The optimizer rewrites what has run once or twice, and then the same call gives other bits.
    JniUtils.setGraphExecutorOptimize(false);
    try {
      inputs.add(methodTags.computeIfAbsent(operator, this::methodTag));
      return IValueUtils.forward(module, inputs, true).head();
    } finally {
      JniUtils.setGraphExecutorOptimize(true);
      recording.close();
      for (List<NDArray> list : arguments) {
        list.forEach(array -> array.setName(null));
      }
    }
  }

  /**
   * Computes an operator without autograd.
   *
   * @param owner the manager that the result belongs to
   * @param operator the operator's name
   * @param arguments arrays, {@code NDArray[]}, {@link NativeArrays}, {@code Long}, {@code Double},
   *     {@code Boolean} or {@code double[]}
   * @return the result
   */
  public NDArray compute(NDManager owner, String operator, Object... arguments) {
    try (IValue result = call(operator, arguments)) {
      return result.toTensor((PtNDManager) owner);
    }
  }

  /**
   * Computes an operator that gives a list of arrays, without autograd.
   *
   * @param operator the operator's name
   * @param arguments as for {@link #compute}
   * @return the list, which the caller closes
   */
  public NativeArrays computeList(String operator, Object... arguments) {
    return new NativeArrays(call(operator, arguments));
  }

  /**
   * Computes an operator that gives a number, without autograd.
   *
   * @param operator the operator's name
   * @param arguments as for {@link #compute}
   */
  public double computeNumber(String operator, Object... arguments) {
    try (IValue result = call(operator, arguments)) {
      return result.toDouble();
    }
  }

  /**
   * Runs an operator for its effect on its arguments, without autograd.
   *
   * @param operator the operator's name, which ends in an underscore by convention
   * @param arguments as for {@link #compute}
   */
  public void run(String operator, Object... arguments) {
    call(operator, arguments).close();
  }

  private IValue call(String operator, Object... arguments) {
    IValue[] values = new IValue[arguments.length];
    try {
      for (int i = 0; i < values.length; i++) {
        values[i] = valueOf(arguments[i]);
      }
      return IValueUtils.runMethod(module, operator, values);
    } finally {
      for (int i = 0; i < values.length; i++) {
        if (values[i] != null && !(arguments[i] instanceof NativeArrays)) {
          values[i].close();
        }
      }
    }
  }

  private static IValue valueOf(Object argument) {
    if (argument instanceof PtNDArray array) {
      return IValue.from(array);
    } else if (argument instanceof NativeArrays arrays) {
      return arrays.list();
    } else if (argument instanceof Double number) {
      return IValue.from(number.doubleValue());
    } else if (argument instanceof Long number) {
      return IValue.from(number.longValue());
    } else if (argument instanceof Boolean flag) {
      return IValue.from(flag.booleanValue());
    } else if (argument instanceof double[] numbers) {
      return IValue.listFrom(numbers);
    } else if (argument instanceof NDArray[] arrays) {
      return IValue.listFrom(Arrays.copyOf(arrays, arrays.length, PtNDArray[].class));
    }
    throw new IllegalArgumentException(
        "Invalid operator argument of "
            + (argument == null ? "type null" : argument.getClass())
            + ": must be an array, NDArray[], NativeArrays, Long, Double, Boolean or double[]");
  }

  /** DJL picks the method to run by the name of an extra input. */
  private NDArray methodTag(String operator) {
    NDArray tag = manager.create(0f);
    tag.setName("module_method:" + operator);
    return tag;
  }

  @Override
  public void close() {
    manager.close();
  }
}
