package normuon.job.train;

import java.util.NoSuchElementException;
import org.apache.spark.SparkContext;

/** Where an executor writes its log. */
final class ExecutorLog {

  private static final String STANDARD_ERROR = "stderr";

  private ExecutorLog() {}

  /** The address of an executor's log, as Spark's pages link to it; empty if there is none. */
  static String of(SparkContext spark, String executorId) {
    try {
      return spark
          .statusStore()
          .executorSummary(executorId)
          .executorLogs()
          .getOrElse(STANDARD_ERROR, () -> "");
    } catch (NoSuchElementException forgotten) {
      return "";
    }
  }
}
