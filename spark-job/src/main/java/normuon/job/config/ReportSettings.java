package normuon.job.config;

import java.io.Serializable;

/**
 * Section {@code report}.
 *
 * @param lineEverySteps steps between printed lines, where the output is not a terminal
 * @param eventEverySteps steps between step events in Spark's event log; 0 for none
 * @param diagnosticsEverySteps steps between measurements of the optimizer; 0 for none
 * @param htmlEverySeconds least seconds between versions of {@code report.html}; 0 for one at the
 *     end only
 * @param tensorboardDirectory where a folder with the run's event files for TensorBoard goes, on
 *     any Hadoop file system; empty for none
 * @param mlflowTrackingUri address of an MLflow tracking server; empty for none
 * @param mlflowExperiment the experiment there that the run belongs to
 */
public record ReportSettings(
    @Interval("[1, )") int lineEverySteps,
    @Interval("[0, )") int eventEverySteps,
    @Interval("[0, )") int diagnosticsEverySteps,
    @Interval("[0, )") int htmlEverySeconds,
    String tensorboardDirectory,
    String mlflowTrackingUri,
    String mlflowExperiment)
    implements Serializable {

  /**
   * Whether the optimizer is measured in a step.
   *
   * @param step the step, from 1
   */
  public boolean diagnoses(long step) {
    return diagnosticsEverySteps > 0 && step % diagnosticsEverySteps == 0;
  }
}
