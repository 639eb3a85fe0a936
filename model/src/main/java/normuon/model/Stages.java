package normuon.model;

import ai.djl.ndarray.NDArray;
import normuon.model.StageArrays.Block;
import normuon.torch.NativeArrays;

/** A model's weights, or its gradients, one stage at a time, grouped as the operators take them. */
interface Stages {

  /**
   * Says which stage is acquired next but those announced before.
   *
   * @param stage a number of {@link ModelStages}
   */
  void prefetch(int stage);

  /** The token embedding. */
  Held<NDArray> embedding();

  /** A block, from 0. */
  Held<Block> block(int layer);

  /** The gain of the last normalization, and the head. */
  Held<NativeArrays> output();
}
