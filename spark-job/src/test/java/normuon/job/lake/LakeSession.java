package normuon.job.lake;

import java.nio.file.Path;
import org.apache.spark.sql.SparkSession;

/** A Spark session with Delta and Iceberg. */
final class LakeSession {

  private LakeSession() {}

  /**
   * Starts a session with two task threads.
   *
   * @param warehouse the folder of the Iceberg catalog {@code lake}
   */
  static SparkSession start(Path warehouse) {
    return SparkSession.builder()
        .master("local[2]")
        .appName("lake")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.shuffle.partitions", "2")
        .config("spark.databricks.delta.snapshotPartitions", "1")
        .config("spark.sql.warehouse.dir", warehouse.resolve("spark").toString())
        .config("spark.sql.extensions", "io.delta.sql.DeltaSparkSessionExtension")
        .config(
            "spark.sql.catalog.spark_catalog", "org.apache.spark.sql.delta.catalog.DeltaCatalog")
        .config("spark.sql.catalog.lake", "org.apache.iceberg.spark.SparkCatalog")
        .config("spark.sql.catalog.lake.type", "hadoop")
        .config("spark.sql.catalog.lake.warehouse", warehouse.resolve("iceberg").toString())
        .getOrCreate();
  }
}
