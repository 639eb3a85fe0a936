package normuon.torch;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.jni.IValue;
import java.util.List;

/**
 * A list of arrays that operators hand to one another without a Java object for each: what a
 * forward pass keeps for the backward pass, for example. It belongs to no manager: whoever gets one
 * closes it, which frees the arrays that nothing else holds.
 */
public final class NativeArrays implements AutoCloseable {

  private final IValue list;

  NativeArrays(IValue list) {
    this.list = list;
  }

  /**
   * Lists arrays. The list shares their memory and keeps it alive, except for arrays made from Java
   * arrays or buffers: those lie in Java's memory and must outlive the list.
   *
   * @param arrays at least one array
   */
  public static NativeArrays of(List<NDArray> arrays) {
    return new NativeArrays(IValue.listFrom(arrays.toArray(PtNDArray[]::new)));
  }

  /**
   * The arrays as Java objects that share their memory and outlive this list.
   *
   * @param owner the manager that they belong to
   */
  public List<NDArray> arrays(NDManager owner) {
    return List.of(list.toTensorArray((PtNDManager) owner));
  }

  IValue list() {
    return list;
  }

  @Override
  public void close() {
    list.close();
  }
}
