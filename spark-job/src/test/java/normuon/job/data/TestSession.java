package normuon.job.data;

import org.apache.spark.sql.SparkSession;

/** A Spark session as strict as that of the job. */
final class TestSession {

  private TestSession() {}

  /** Starts a session with two task threads that serializes no class unknown to Kryo. */
  static SparkSession start() {
    return SparkSession.builder()
        .master("local[2]")
        .appName("data")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.shuffle.partitions", "2")
        .config("spark.serializer", "org.apache.spark.serializer.KryoSerializer")
        .config("spark.kryo.registrationRequired", "true")
        .getOrCreate();
  }
}
