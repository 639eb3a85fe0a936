package normuon.job.retrain;

import normuon.job.config.ConfigurationSources;
import org.apache.spark.sql.SparkSession;

/** What trains the runs of a line, all in one Spark application. */
public interface Trainer {

  /** The session, which can read the sources and train. */
  SparkSession session();

  /**
   * Trains a run, or goes on with it, as {@code train} does.
   *
   * @return the exit code of {@code train}
   */
  int train(ConfigurationSources sources);
}
