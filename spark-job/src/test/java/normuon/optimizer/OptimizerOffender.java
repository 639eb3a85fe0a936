package normuon.optimizer;

import ai.djl.pytorch.engine.PtNDArray;
import normuon.model.ModelOffender;
import org.apache.spark.TaskContext;

/** Breaks the rules for optimizers; the architecture rules must find it. */
public final class OptimizerOffender {

  private OptimizerOffender() {}

  static String model() {
    return ModelOffender.class.getName();
  }

  static int rank() {
    return TaskContext.getPartitionId();
  }

  static Object power(PtNDArray array) {
    return array.pow(2);
  }
}
