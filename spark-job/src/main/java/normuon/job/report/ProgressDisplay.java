package normuon.job.report;

/** Shows how far the steps have come, between lines that stay. */
interface ProgressDisplay extends AutoCloseable {

  /** Shows a step. */
  void step(StepRecord step);

  /** Prints a line that stays. */
  void line(String text);

  /** Leaves the output ready for ordinary lines. */
  @Override
  void close();
}
