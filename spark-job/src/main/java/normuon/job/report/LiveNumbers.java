package normuon.job.report;

import java.time.Duration;

/**
 * What people watch of a run: the same on every display, as numbers and as they are written.
 *
 * @param step the last step
 * @param steps steps of the whole run
 * @param loss its training loss, in nats per token; NaN if it was refused
 * @param learningRate its learning rate
 * @param gradNorm its gradient norm before clipping; NaN if it was refused
 * @param stepMs its time, in milliseconds
 * @param tokensPerSecond tokens per second, smoothed over some tens of steps
 * @param left the time that the steps still to come will take at the recent speed
 */
public record LiveNumbers(
    int step,
    int steps,
    double loss,
    double learningRate,
    double gradNorm,
    double stepMs,
    double tokensPerSecond,
    Duration left) {

  private static final String NO_NUMBER = "-";

  /** The loss, such as {@code 3.9323}. */
  public String lossText() {
    return number("%.4f", loss);
  }

  /** The learning rate, such as {@code 0.00500}. */
  public String learningRateText() {
    return number("%.3g", learningRate);
  }

  /** The gradient norm, such as {@code 1.52}. */
  public String gradNormText() {
    return number("%.3g", gradNorm);
  }

  /** The time of the step, such as {@code 41.1 ms}. */
  public String stepTimeText() {
    return number("%.1f ms", stepMs);
  }

  /** The speed, such as {@code 33,342 tokens/s}. */
  public String speedText() {
    return number("%,.0f tokens/s", tokensPerSecond);
  }

  /** The time left, such as {@code 1 min 8 s}. */
  public String leftText() {
    return Text.of(left);
  }

  private static String number(String pattern, double number) {
    return Double.isFinite(number) ? Text.format(pattern, number) : NO_NUMBER;
  }
}
