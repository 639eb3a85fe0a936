package normuon.optimizer;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.List;

/** One weight that a rule trains on given gradients, with the rule's state. */
final class MatrixTraining {

  private final MatrixRule rule;
  private final ParameterUpdate update;
  private final NDArray weight;
  private final NDArray momentum;
  private final List<NDArray> secondMoments;

  MatrixTraining(OptimizerOperators operators, MatrixRule rule, NDArray weight) {
    NDManager manager = weight.getManager();
    Shape shape = weight.getShape();
    long length = rule.secondMomentLength(shape.get(0), shape.get(1));
    this.rule = rule;
    this.update = new ParameterUpdate(operators);
    this.weight = weight;
    this.momentum = manager.zeros(shape);
    this.secondMoments = length == 0 ? List.of() : List.of(manager.zeros(new Shape(length)));
  }

  /**
   * Trains one step.
   *
   * @param gradient may be overwritten
   */
  void step(NDArray gradient, double learningRate, double weightDecay) {
    NDArray collected = rule.accumulate(List.of(gradient), List.of(momentum)).get(0).duplicate();
    rule.update(List.of(collected), secondMoments);
    update.apply(
        List.of(weight), List.of(collected), learningRate, weightDecay, rule.weightDecay());
  }

  NDArray weight() {
    return weight;
  }

  NDArray momentum() {
    return momentum;
  }

  /** One array, or none if the rule keeps none. */
  List<NDArray> secondMoments() {
    return secondMoments;
  }
}
