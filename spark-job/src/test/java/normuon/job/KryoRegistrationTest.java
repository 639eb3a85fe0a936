package normuon.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import normuon.job.config.RunConfiguration;
import normuon.job.inference.EvaluationSums;
import normuon.job.preflight.MemoryLimit;
import normuon.job.preflight.RankProbe;
import normuon.job.report.CurvatureRecord;
import normuon.job.report.EvaluationRecord;
import normuon.job.report.StepRecord;
import normuon.job.train.Placement;
import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.serializer.KryoSerializer;
import org.apache.spark.serializer.SerializerInstance;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import scala.reflect.ClassTag$;

/** Runs with Spark's settings as the job makes them, where an unregistered class is an error. */
class KryoRegistrationTest {

  private static final RunConfiguration CONFIGURATION = RunConfiguration.fromYaml("", "test");

  private static SparkSession session;
  private static JavaSparkContext spark;

  @TempDir private Path folder;

  @BeforeAll
  static void openSession() {
    SparkConf settings =
        SparkSettings.prepare(
                new SparkConf(false)
                    .setMaster("local[2]")
                    .set("spark.ui.enabled", "false")
                    .set("spark.sql.shuffle.partitions", "2"),
                CONFIGURATION)
            // Registration is what is tested here, not the exchange between ranks.
            .remove("spark.plugins");
    session = SparkSession.builder().config(settings).getOrCreate();
    spark = JavaSparkContext.fromSparkContext(session.sparkContext());
  }

  @AfterAll
  static void closeSession() {
    session.stop();
  }

  @Test
  void recordsComeBackEqual() {
    CurvatureRecord curvature = new CurvatureRecord(1, true, 0.5);
    StepRecord step =
        new StepRecord(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, null, curvature);
    EvaluationRecord evaluation = new EvaluationRecord(1, Double.NaN, Long.MAX_VALUE);
    RankProbe probe =
        new RankProbe(
            new Placement(1, "host", "0", List.of("0"), "gpu 0"),
            new HashMap<>(Map.of("Java", "17")),
            1,
            2,
            new ArrayList<>(List.of(new MemoryLimit("memory.max", "7", 3, 4))),
            new ArrayList<>(List.of("a problem")));
    Map<String, Integer> map = new HashMap<>(Map.of("a", 1));

    for (Object value :
        List.of(
            CONFIGURATION,
            step,
            evaluation,
            probe,
            EvaluationSums.of(2.5, 3, 4),
            map,
            new ArrayList<>(List.of(step)),
            List.of(),
            List.of(step),
            List.of(step, evaluation, step),
            Map.of(),
            Map.of("a", 1),
            Map.of("a", 1, "b", 2),
            Optional.of("b"))) {
      assertThat(copy(value)).isEqualTo(value);
    }
  }

  @Test
  void classThatNobodyRegisteredIsRefused() {
    assertThatThrownBy(() -> copy(new Unknown(1)))
        .hasStackTraceContaining("Class is not registered")
        .hasStackTraceContaining("Unknown");
  }

  @Test
  void recordsTravelToTasksAndBack() {
    Broadcast<RunConfiguration> configuration = spark.broadcast(CONFIGURATION);
    List<EvaluationRecord> evaluations =
        spark
            .parallelize(List.of(1, 2), 2)
            .map(rank -> new EvaluationRecord(rank, 0.5, configuration.value().train().steps()))
            .collect();

    assertThat(evaluations)
        .containsExactly(
            new EvaluationRecord(1, 0.5, CONFIGURATION.train().steps()),
            new EvaluationRecord(2, 0.5, CONFIGURATION.train().steps()));
  }

  @Test
  void parquetAndRowsNeedNothingMore() {
    String path = folder.resolve("text.parquet").toString();
    session
        .createDataset(List.of("b", "a", "c"), Encoders.STRING())
        .toDF("text")
        .write()
        .parquet(path);
    Dataset<Row> text = session.read().parquet(path);

    assertThat(text.sort("text").collectAsList())
        .extracting(row -> row.getString(0))
        .containsExactly("a", "b", "c");
    assertThat(text.toJavaRDD().map(row -> row.getString(0)).collect()).hasSize(3);
    assertThat(text.toJavaRDD().collect()).hasSize(3);
    assertThat(text.join(text.withColumnRenamed("text", "other")).count()).isEqualTo(9);
  }

  private static Object copy(Object value) {
    SerializerInstance serializer = new KryoSerializer(session.sparkContext().conf()).newInstance();
    return serializer.deserialize(
        serializer.serialize(value, ClassTag$.MODULE$.apply(Object.class)),
        ClassTag$.MODULE$.apply(Object.class));
  }

  private record Unknown(int number) {}
}
