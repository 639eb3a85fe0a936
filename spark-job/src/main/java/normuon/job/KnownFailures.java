package normuon.job;

import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import normuon.job.config.InvalidConfigurationException;
import normuon.job.report.RunStoppedException;
import normuon.job.report.Status;

/**
 * Does the work of a command that has no run directory, and tells each failure with a known reason
 * in one line and by the exit code.
 */
final class KnownFailures {

  private KnownFailures() {}

  /**
   * Does the work.
   *
   * @param errors standard error
   * @param work throws {@link InvalidConfigurationException}, {@link RunStoppedException} or {@link
   *     UncheckedIOException} for a failure with a known reason
   * @return the exit code
   * @throws RuntimeException any other failure of the work, as it is
   */
  static int told(PrintStream errors, Runnable work) {
    try {
      work.run();
      return 0;
    } catch (InvalidConfigurationException invalid) {
      return say(errors, Status.INVALID_CONFIG, invalid.getMessage());
    } catch (RunStoppedException stopped) {
      return say(errors, stopped.status(), stopped.getMessage());
    } catch (UncheckedIOException unavailable) {
      IOException cause = unavailable.getCause();
      String reason = cause.getMessage() == null ? cause.toString() : cause.getMessage();
      String message = unavailable.getMessage();
      return say(
          errors, Status.RETRYABLE, message.contains(reason) ? message : message + ": " + reason);
    }
  }

  private static int say(PrintStream errors, Status status, String message) {
    errors.println(status + ": " + message.lines().findFirst().orElse(""));
    return status.exitCode();
  }
}
