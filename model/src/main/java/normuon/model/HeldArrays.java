package normuon.model;

import ai.djl.ndarray.NDArray;
import java.util.List;

/** Whole arrays of one stage, which are there until they are given back. */
public interface HeldArrays extends AutoCloseable {

  /** The arrays, one for each of {@link ModelStages#specs}, in that order. */
  List<NDArray> arrays();

  /** Gives them back: they must not be used any more. */
  @Override
  void close();
}
