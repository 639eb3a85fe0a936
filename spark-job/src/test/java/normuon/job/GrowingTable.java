package normuon.job;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.catalyst.analysis.NoSuchTableException;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/**
 * A table of documents that grows day by day, each time in a Spark application of its own.
 *
 * @param format {@code delta} or {@code iceberg}
 * @param path where it lies
 */
record GrowingTable(String format, Path path) {

  private static final StructType SCHEMA =
      new StructType().add("id", DataTypes.LongType).add("text", DataTypes.StringType);

  private static final String[] WORDS = {
    "the", "quick", "brown", "fox", "jumps", "over", "a", "lazy", "dog", "vw"
  };

  /** Adds documents of words, on which a model can learn. */
  void addWords(int day, int documents) {
    add(
        day,
        documents,
        random ->
            IntStream.range(0, 20)
                .mapToObj(i -> WORDS[random.nextInt(WORDS.length)])
                .collect(Collectors.joining(" ")));
  }

  /** Adds documents of letters without any order. */
  void addGarbage(int day, int documents) {
    add(
        day,
        documents,
        random ->
            random.ints(80, 'A', 'Z').mapToObj(Character::toString).collect(Collectors.joining()));
  }

  /** The setting {@code data.sources} that names it. */
  String source() {
    String location = format.equals("delta") ? "path: '" + path + "'" : "table: " + relation();
    return "data.sources=[{format: %s, %s, key_column: id}]".formatted(format, location);
  }

  /** What Spark needs to know the catalog of an Iceberg table, which is two folders above it. */
  Map<String, String> properties() {
    return Map.of(
        "spark.sql.shuffle.partitions", "2",
        "spark.databricks.delta.snapshotPartitions", "1",
        "spark.sql.catalog.lake", "org.apache.iceberg.spark.SparkCatalog",
        "spark.sql.catalog.lake.type", "hadoop",
        "spark.sql.catalog.lake.warehouse", path.getParent().getParent().toString());
  }

  /** Does something to it. */
  void change(Consumer<SparkSession> change) {
    SparkSession.Builder builder =
        SparkSession.builder()
            .master("local[1]")
            .config("spark.ui.enabled", "false")
            .config("spark.sql.extensions", "io.delta.sql.DeltaSparkSessionExtension")
            .config(
                "spark.sql.catalog.spark_catalog",
                "org.apache.spark.sql.delta.catalog.DeltaCatalog");
    properties().forEach(builder::config);
    SparkSession spark = builder.getOrCreate();
    try {
      change.accept(spark);
    } finally {
      spark.stop();
    }
  }

  /** Its name for SQL. */
  String relation() {
    return format.equals("delta")
        ? "delta.`" + path + "`"
        : "lake." + path.getParent().getFileName() + "." + path.getFileName();
  }

  private void add(int day, int documents, Function<SplittableRandom, String> text) {
    SplittableRandom random = new SplittableRandom(day);
    List<Row> rows = new ArrayList<>();
    for (int i = 0; i < documents; i++) {
      rows.add(RowFactory.create(1_000L * day + i, text.apply(random)));
    }
    change(
        spark -> {
          Dataset<Row> added = spark.createDataFrame(rows, SCHEMA).coalesce(1);
          if (format.equals("delta")) {
            added.write().format("delta").mode("append").save(path.toString());
          } else if (path.toFile().exists()) {
            append(added);
          } else {
            added.writeTo(relation()).createOrReplace();
          }
        });
  }

  private void append(Dataset<Row> added) {
    try {
      added.writeTo(relation()).append();
    } catch (NoSuchTableException missing) {
      throw new AssertionError(missing);
    }
  }
}
