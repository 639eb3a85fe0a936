package normuon.job.report;

import java.io.PrintStream;
import java.util.function.LongSupplier;

/** Redraws one line of a terminal: bar, step, loss, tokens per second, time left. */
final class ProgressBar implements ProgressDisplay {

  private static final long SHORTEST_PAUSE_NANOS = 100_000_000L;
  private static final int LONGEST_BAR = 40;
  private static final int SHORTEST_BAR = 5;
  private static final String ERASE_REST = "\033[K";

  private final PrintStream output;
  private final int steps;
  private final int columns;
  private final LongSupplier nanoTime;
  private final Pace pace;
  private String drawn = "";
  private int longestFigures;
  private long drawnAt;

  /**
   * Creates the bar.
   *
   * @param output the terminal
   * @param steps steps of the whole run
   * @param columns width of the terminal in characters
   * @param nanoTime the clock, such as {@link System#nanoTime()}
   */
  ProgressBar(PrintStream output, int steps, int columns, LongSupplier nanoTime) {
    this.output = output;
    this.steps = steps;
    this.columns = columns;
    this.nanoTime = nanoTime;
    this.pace = new Pace(steps);
  }

  @Override
  public void step(StepRecord record) {
    LiveNumbers numbers = pace.add(record);
    long now = nanoTime.getAsLong();
    boolean due = drawn.isEmpty() || now - drawnAt >= SHORTEST_PAUSE_NANOS;
    if (due || record.step() == steps) {
      draw(barAndFigures(numbers));
      drawnAt = now;
    }
  }

  @Override
  public void line(String text) {
    output.print("\r" + text + ERASE_REST + "\n");
    draw(drawn);
  }

  @Override
  public void close() {
    if (!drawn.isEmpty()) {
      output.print("\n");
      output.flush();
      drawn = "";
    }
  }

  /** One write for the whole line, over the old one and without clearing it first: no flicker. */
  private void draw(String line) {
    if (!line.isEmpty()) {
      output.print("\r" + line + ERASE_REST);
    }
    output.flush();
    drawn = line;
  }

  private String barAndFigures(LiveNumbers numbers) {
    String figures =
        Text.format(
            "%d/%d  loss %s  %s  %s left",
            numbers.step(), steps, numbers.lossText(), numbers.speedText(), numbers.leftText());
    // A full last column would make some terminals begin a new line.
    int room = columns - 1;
    longestFigures = Math.max(longestFigures, figures.length());
    int bar = Math.min(LONGEST_BAR, room - longestFigures - 3);
    if (bar < SHORTEST_BAR) {
      return figures.substring(0, Math.min(room, figures.length()));
    }
    int full = (int) ((long) bar * numbers.step() / steps);
    return "[" + "#".repeat(full) + "-".repeat(bar - full) + "] " + figures;
  }
}
