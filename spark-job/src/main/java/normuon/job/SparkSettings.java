package normuon.job;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import normuon.job.config.RunConfiguration;
import org.apache.spark.SparkConf;
import org.apache.spark.serializer.KryoSerializer;

/** What the job needs of Spark, whatever the user's settings are. */
final class SparkSettings {

  private static final String RENDEZVOUS_PLUGIN = "normuon.job.comm.RendezvousPlugin";

  private SparkSettings() {}

  /** The settings for the session of a run: the user's, and over them those the job depends on. */
  static SparkConf prepare(SparkConf user, RunConfiguration configuration) {
    SparkConf spark = user.clone();
    spark.setIfMissing("spark.app.name", "normuon");
    spark.set("spark.serializer", KryoSerializer.class.getName());
    spark.set("spark.kryo.registrationRequired", "true");
    append(spark, "spark.kryo.registrator", KryoRegistration.class.getName());
    append(spark, "spark.plugins", RENDEZVOUS_PLUGIN);
    // Barrier stages refuse it (SPARK-24954).
    spark.set("spark.dynamicAllocation.enabled", "false");
    // How soon a barrier stage that found too few slots looks again; Spark's 15 s delay recovery.
    spark.set("spark.scheduler.barrier.maxConcurrentTasksCheck.interval", "1s");
    // A rank that does not stop when another has failed takes its executor with it, should the
    // driver, which ends it first, no longer be there.
    spark.setIfMissing("spark.task.reaper.enabled", "true");
    spark.setIfMissing("spark.task.reaper.killTimeout", "60s");
    // Spark's own progress bar would draw over ours.
    spark.set("spark.ui.showConsoleProgress", "false");
    spark.setIfMissing("spark.executorEnv.DJL_OFFLINE", "true");
    spark.setIfMissing(
        "spark.executorEnv.OMP_NUM_THREADS",
        Integer.toString(configuration.train().threadsPerRank()));
    return spark;
  }

  private static void append(SparkConf spark, String list, String entry) {
    Set<String> entries = new LinkedHashSet<>(List.of(spark.get(list, "").split(",")));
    entries.remove("");
    entries.add(entry);
    spark.set(list, String.join(",", entries));
  }
}
