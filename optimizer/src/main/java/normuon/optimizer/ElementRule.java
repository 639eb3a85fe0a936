package normuon.optimizer;

import ai.djl.ndarray.NDArray;
import java.util.List;

/** A rule that updates every element by itself, and so any rows of a parameter of any shape. */
public sealed interface ElementRule permits AdamW, Sophia {

  /**
   * Turns gradients into updates.
   *
   * @param gradients rows of the mean gradients, float32 of any shapes, possibly empty; they become
   *     U
   * @param state the state of the same rows, changed in place
   * @param step the number of this update, from 1
   * @return how many coordinates of the update were clipped; 0 of a rule that clips nothing
   * @throws IllegalArgumentException if the lists differ in length, or if the step is less than 1
   *     and the rule depends on it
   */
  long update(List<NDArray> gradients, ElementState state, long step);
}
