package normuon.model;

import ai.djl.ndarray.NDArray;
import java.util.function.Supplier;
import normuon.model.StageArrays.Block;
import normuon.torch.NativeArrays;

/**
 * Stages that are all in memory all the time.
 *
 * @param arrays what they are now
 */
record ResidentStages(Supplier<StageArrays> arrays) implements Stages {

  /** There is nothing to wait for. */
  @Override
  public void prefetch(int stage) {}

  @Override
  public Held<NDArray> embedding() {
    return Held.resident(arrays.get().embedding());
  }

  @Override
  public Held<Block> block(int layer) {
    return Held.resident(arrays.get().blocks().get(layer));
  }

  @Override
  public Held<NativeArrays> output() {
    return Held.resident(arrays.get().output());
  }
}
