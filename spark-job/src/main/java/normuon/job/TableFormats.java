package normuon.job;

import java.util.List;
import normuon.job.config.InvalidConfigurationException;
import normuon.job.config.SourceSettings;
import normuon.job.config.SourceSettings.Format;
import org.apache.spark.SparkConf;

/** What Spark needs to read tables of Delta and Iceberg, which the user adds as packages. */
final class TableFormats {

  private static final String DELTA_EXTENSION = "io.delta.sql.DeltaSparkSessionExtension";
  private static final String DELTA_CATALOG = "org.apache.spark.sql.delta.catalog.DeltaCatalog";
  private static final String ICEBERG_SOURCE = "org.apache.iceberg.spark.source.IcebergSource";

  private static final String EXTENSIONS = "spark.sql.extensions";

  private TableFormats() {}

  /**
   * Adds the settings of the formats that sources need.
   *
   * @throws InvalidConfigurationException if a format is not on the class path; says how to add it
   */
  static void add(SparkConf spark, List<SourceSettings> sources) {
    if (sources.stream().anyMatch(source -> source.format() == Format.DELTA)) {
      require("delta", DELTA_EXTENSION, "io.delta:delta-spark_2.13:4.0.1");
      String extensions = spark.get(EXTENSIONS, "");
      if (!extensions.contains(DELTA_EXTENSION)) {
        spark.set(
            EXTENSIONS,
            extensions.isEmpty() ? DELTA_EXTENSION : extensions + "," + DELTA_EXTENSION);
      }
      spark.setIfMissing("spark.sql.catalog.spark_catalog", DELTA_CATALOG);
    }
    if (sources.stream().anyMatch(source -> source.format() == Format.ICEBERG)) {
      require(
          "iceberg", ICEBERG_SOURCE, "org.apache.iceberg:iceberg-spark-runtime-4.0_2.13:1.10.2");
    }
  }

  private static void require(String format, String type, String coordinates) {
    try {
      Class.forName(type, false, Thread.currentThread().getContextClassLoader());
    } catch (ClassNotFoundException missing) {
      throw new InvalidConfigurationException(
          "Cannot read data.sources of format %s: Spark lacks it; add --packages %s before the command"
              .formatted(format, coordinates),
          missing);
    }
  }
}
