package normuon.job.report;

import java.io.PrintStream;

/** Prints a line every few steps, for output that no one redraws: files, logs, schedulers. */
final class StepLine implements ProgressDisplay {

  private final PrintStream output;
  private final int steps;
  private final int everySteps;
  private final Pace pace;
  private boolean first = true;

  /**
   * Creates the display.
   *
   * @param output where lines go
   * @param steps steps of the whole run
   * @param everySteps steps between lines; the first and the last step have one too
   */
  StepLine(PrintStream output, int steps, int everySteps) {
    this.output = output;
    this.steps = steps;
    this.everySteps = everySteps;
    this.pace = new Pace(steps);
  }

  @Override
  public void step(StepRecord record) {
    LiveNumbers numbers = pace.add(record);
    if (first || record.step() % everySteps == 0 || record.step() == steps) {
      line(
          Text.format(
              "step %d/%d  loss %s  lr %s  grad %s  %s  %s  left %s",
              numbers.step(),
              steps,
              numbers.lossText(),
              numbers.learningRateText(),
              numbers.gradNormText(),
              numbers.stepTimeText(),
              numbers.speedText(),
              numbers.leftText()));
    }
    first = false;
  }

  @Override
  public void line(String text) {
    output.println(text);
    output.flush();
  }

  @Override
  public void close() {
    output.flush();
  }
}
