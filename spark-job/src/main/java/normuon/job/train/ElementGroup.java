package normuon.job.train;

import ai.djl.ndarray.NDArray;
import java.util.List;
import java.util.function.Function;
import normuon.optimizer.ElementState;
import normuon.optimizer.ParameterGroup;
import normuon.torch.ParameterSpec;

/**
 * Parameters that one rule updates element by element with the same numbers.
 *
 * @param settings rule, learning rate at full schedule and weight decay
 * @param elements the parameters
 */
record ElementGroup(ParameterGroup.Settings settings, List<ElementShard> elements) {

  /** This rank's part of the weights: all, or its rows. */
  List<NDArray> weights() {
    return each(ElementShard::weight);
  }

  /** The parameters' names, shapes and roles. */
  List<ParameterSpec> specs() {
    return elements.stream().map(ElementShard::spec).toList();
  }

  /** This rank's rows of the mean gradients, and then of the updates. */
  List<NDArray> gradientRows() {
    return each(ElementShard::gradientRows);
  }

  /** This rank's rows of what the rule keeps. */
  ElementState state() {
    return new ElementState(each(ElementShard::mean), each(ElementShard::curvature));
  }

  private List<NDArray> each(Function<ElementShard, NDArray> part) {
    return elements.stream().map(part).toList();
  }
}
