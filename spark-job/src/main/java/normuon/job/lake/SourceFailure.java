package normuon.job.lake;

import java.io.IOException;
import java.util.concurrent.Callable;
import normuon.job.config.InvalidConfigurationException;
import org.apache.spark.SparkThrowable;

/**
 * Turns what Spark and table formats say about a source that cannot be read into a message about
 * the setting.
 */
final class SourceFailure {

  private SourceFailure() {}

  /**
   * Opens a source, which needs its metadata alone.
   *
   * @param place the key of the source, with what of it is opened
   * @throws InvalidConfigurationException for any failure but one of a file system
   */
  static <T> T whileOpening(String place, Callable<T> opening) throws IOException {
    try {
      return opening.call();
    } catch (InvalidConfigurationException known) {
      throw known;
    } catch (Exception failure) {
      // Not only unchecked ones: Spark's Scala code throws checked exceptions without saying so.
      for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
        if (cause instanceof IOException unreachable) {
          throw new IOException("Cannot read " + place + ": " + firstLine(cause), unreachable);
        }
      }
      throw new InvalidConfigurationException(
          "Cannot read " + place + ": " + firstLine(failure), failure);
    }
  }

  /**
   * Runs a query over sources.
   *
   * @throws InvalidConfigurationException if a file of them is not what it should be; names the
   *     file
   */
  static <T> T whileReading(Callable<T> reading) throws IOException {
    try {
      return reading.call();
    } catch (RuntimeException failure) {
      for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
        if (cause instanceof SparkThrowable known && isUnreadable(known)) {
          throw new InvalidConfigurationException(
              "Cannot read data.sources: %s %s"
                  .formatted(
                      known.getMessageParameters().getOrDefault("path", ""),
                      firstLine(innermost(cause))),
              failure);
        }
      }
      throw failure;
    } catch (Exception failure) {
      throw new IOException("Cannot read data.sources: " + firstLine(failure), failure);
    }
  }

  private static boolean isUnreadable(SparkThrowable known) {
    String condition = known.getCondition();
    return condition != null && condition.startsWith("FAILED_READ_FILE");
  }

  private static Throwable innermost(Throwable failure) {
    Throwable innermost = failure;
    while (innermost.getCause() != null) {
      innermost = innermost.getCause();
    }
    return innermost;
  }

  private static String firstLine(Throwable failure) {
    String message = failure.getMessage() == null ? failure.toString() : failure.getMessage();
    return message.lines().findFirst().orElse(failure.toString());
  }
}
