package normuon.job.lake;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URL;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import normuon.job.config.SourceSettings.Format;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SaveMode;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.util.MutableURLClassLoader;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.api.io.TempDir;

/**
 * What of a preparation RAPIDS would leave to the processor, as its own report says without a GPU:
 * {@code mvn -Prapids}, which fetches its jar of 576 MB.
 */
@Tag("rapids")
class AcceleratedPlanTest {

  /** Tokenization, and how rows get to it and back. */
  private static final List<String> ON_THE_PROCESSOR =
      List.of("MapPartitionsExec", "DeserializeToObjectExec", "SerializeFromObjectExec");

  private static final Pattern OPERATOR = Pattern.compile("<(\\w+Exec)> cannot run on GPU");

  @TempDir private static Path folder;

  private static ClassLoader before;
  private static SparkSession spark;
  private static DocumentTable documents;

  @BeforeAll
  static void start() throws Exception {
    before = Thread.currentThread().getContextClassLoader();
    Thread.currentThread().setContextClassLoader(new MutableURLClassLoader(new URL[0], before));
    spark =
        SparkSession.builder()
            .master("local[1]")
            .appName("accelerated")
            .config("spark.ui.enabled", "false")
            .config("spark.plugins", "com.nvidia.spark.SQLPlugin")
            .config("spark.rapids.sql.mode", "explainOnly")
            .getOrCreate();
    Lake lake = new Lake(spark, folder);
    lake.documents(0, 20).write().mode(SaveMode.Overwrite).parquet(lake.path("documents"));
    documents =
        DocumentTable.of(
            spark,
            new Snapshots(spark)
                .pin(
                    List.of(lake.source(Format.PARQUET, "documents")),
                    LakeRequest.places(1),
                    List.of()),
            Lake.DOCUMENTS);
  }

  @AfterAll
  static void stop() {
    spark.stop();
    Thread.currentThread().setContextClassLoader(before);
  }

  @Test
  void theSurveyRunsOnTheGpu(TestReporter reporter) throws Exception {
    assertThat(leftToTheProcessor(Survey.query(documents), reporter)).isEmpty();
  }

  @Test
  void theQuarantineRunsOnTheGpu(TestReporter reporter) throws Exception {
    assertThat(leftToTheProcessor(Quarantine.rows(documents), reporter)).isEmpty();
  }

  @Test
  void hashesSplitAndOrderRunOnTheGpu(TestReporter reporter) throws Exception {
    Dataset<Row> ordered = documents.ordered(2, 0.1, List.of("00"));

    assertThat(leftToTheProcessor(ordered, reporter)).isEmpty();
  }

  @Test
  void tokenizationAloneRunsOnTheProcessor(TestReporter reporter) throws Exception {
    MapPartitionsFunction<Row, Row> tokenization = rows -> rows;
    Dataset<Row> tokenized =
        documents
            .ordered(2, 0.1, List.of())
            .mapPartitions(
                tokenization, Encoders.row(documents.ordered(2, 0.1, List.of()).schema()));

    assertThat(leftToTheProcessor(tokenized, reporter)).hasSameElementsAs(ON_THE_PROCESSOR);
  }

  /** The operators of a plan that cannot run on a GPU, as RAPIDS reports them. */
  private static List<String> leftToTheProcessor(Dataset<Row> rows, TestReporter reporter)
      throws ReflectiveOperationException {
    String report =
        (String)
            Class.forName("com.nvidia.spark.rapids.ExplainPlan")
                .getMethod("explainPotentialGpuPlan", Dataset.class, String.class)
                .invoke(null, rows, "ALL");
    reporter.publishEntry(report);
    assertThat(report).as("the report is of this plan").contains("will run on GPU");
    return OPERATOR.matcher(report).results().map(match -> match.group(1)).toList();
  }
}
