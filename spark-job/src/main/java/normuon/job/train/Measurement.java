package normuon.job.train;

import ai.djl.ndarray.NDArray;
import java.util.List;
import java.util.Map;
import normuon.job.report.ParameterDiagnostics;
import normuon.optimizer.UpdateObserver;

/** What is measured of the optimizer in one step on one rank. It changes nothing that it sees. */
interface Measurement {

  /** Measures nothing, at no cost. */
  Measurement NONE =
      new Measurement() {
        @Override
        public void begin() {}

        @Override
        public UpdateObserver matrices(MatrixBucket bucket, double rate) {
          return UpdateObserver.NONE;
        }

        @Override
        public void elements(ElementGroup group, List<NDArray> updates, double rate) {}

        @Override
        public Map<Integer, ParameterDiagnostics> parameters() {
          return Map.of();
        }
      };

  /** Measures the weights before the step, on every rank alike. */
  void begin();

  /**
   * Begins with matrices that this rank owns.
   *
   * @param bucket the matrices
   * @param rate the schedule's multiplier of the step
   * @return watches the rule that makes their updates
   */
  UpdateObserver matrices(MatrixBucket bucket, double rate);

  /**
   * Measures parameters that have no owner.
   *
   * @param group the parameters, with the weights before the step
   * @param updates shaped like the weights
   * @param rate the schedule's multiplier of the step
   */
  void elements(ElementGroup group, List<NDArray> updates, double rate);

  /** What was measured, by the parameters' places in the model, once the step has ended. */
  Map<Integer, ParameterDiagnostics> parameters();
}
