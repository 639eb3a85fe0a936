package normuon.job.lake;

import static org.apache.spark.sql.functions.expr;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.LongStream;
import normuon.job.config.InvalidConfigurationException;
import normuon.job.config.SourceSettings;
import normuon.job.config.SourceSettings.Format;
import normuon.job.data.TokenManifest;
import normuon.job.data.TokenManifest.Source;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.catalyst.analysis.NoSuchTableException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SourceGrowthTest {

  private static final String ICEBERG = "lake.db.growing";

  @TempDir private static Path warehouse;

  private static SparkSession spark;

  @TempDir private Path folder;

  private Lake lake;
  private SourceGrowth growth;

  @BeforeAll
  static void start() {
    spark = LakeSession.start(warehouse);
  }

  @AfterAll
  static void stop() {
    spark.stop();
  }

  @BeforeEach
  void openLake() {
    lake = new Lake(spark, folder);
    growth = new SourceGrowth(spark);
  }

  @Test
  void rowsThatWereAddedToDeltaAreFoundAcrossManyVersions() throws IOException {
    SourceSettings source = lake.source(Format.DELTA, "delta");
    addToDelta(0, 100);
    List<Source> read = growth.everything(List.of(source));
    assertThat(growth.since(List.of(source), read).get(0).snapshot().isEmpty()).isTrue();
    addToDelta(100, 150);
    delta("ALTER TABLE %s SET TBLPROPERTIES ('a' = 'b')");
    addToDelta(150, 200);

    assertThat(keysSince(source, read)).isEqualTo(keys(100, 200));
  }

  @Test
  void columnsOfDeltaMayLieInTheNamesOfFoldersOrUnderOtherNames() throws IOException {
    SourceSettings source = lake.source(Format.DELTA, "delta");
    addPartitions(0, 100);
    List<Source> read = growth.everything(List.of(source));
    addPartitions(100, 150);
    Dataset<Row> rows = rowsSince(source, read);
    assertThat(rows.where("place = 'a%b {1} c'").count()).isEqualTo(25);
    assertThat(rows.where("place IS NULL").count()).isEqualTo(25);

    delta("ALTER TABLE %s SET TBLPROPERTIES ('delta.columnMapping.mode' = 'name')");
    delta("ALTER TABLE %s RENAME COLUMN place TO location");
    assertThat(keysSince(source, read)).isEqualTo(keys(100, 150));
    assertThat(rowsSince(source, read).where("location IS NULL").count()).isEqualTo(25);
  }

  @Test
  void filesOfDeltaMayBeRewrittenInBetween() throws IOException {
    SourceSettings source = lake.source(Format.DELTA, "delta");
    addToDelta(0, 100);
    List<Source> read = growth.everything(List.of(source));
    addToDelta(100, 150);
    delta("OPTIMIZE %s");
    addToDelta(150, 200);

    assertThat(keysSince(source, read)).isEqualTo(keys(100, 200));
  }

  @Test
  void rowsOfDeltaThatCameAndWentDoNotCount() throws IOException {
    SourceSettings source = lake.source(Format.DELTA, "delta");
    addToDelta(0, 100);
    List<Source> read = growth.everything(List.of(source));
    addToDelta(100, 150);
    delta("DELETE FROM %s WHERE id >= 120");
    addToDelta(200, 210);

    assertThat(keysSince(source, read))
        .isEqualTo(
            LongStream.concat(LongStream.range(100, 120), LongStream.range(200, 210))
                .boxed()
                .toList());
  }

  @Test
  void rowsOfDeltaThatWereReadMustStay() throws IOException {
    SourceSettings source = lake.source(Format.DELTA, "delta");
    addToDelta(0, 100);
    List<Source> read = growth.everything(List.of(source));
    addToDelta(100, 150);
    delta("DELETE FROM %s WHERE id = 7");

    assertRefused(
        source,
        read,
        "Cannot retrain on what was added to data.sources[0] (",
        "version 2 is a DELETE, which may change or delete rows");
  }

  @Test
  void rowsOfDeltaThatWereReadMustStayWhereAVectorMarksThem() throws IOException {
    SourceSettings source = lake.source(Format.DELTA, "delta");
    addToDelta(0, 100);
    delta("ALTER TABLE %s SET TBLPROPERTIES ('delta.enableDeletionVectors' = 'true')");
    List<Source> read = growth.everything(List.of(source));
    addToDelta(100, 150);
    delta("DELETE FROM %s WHERE id = 7");

    assertRefused(source, read, "version 3 is a DELETE");
  }

  @Test
  void anotherDeltaTableOfTheSamePathIsRefused() throws IOException {
    SourceSettings source = lake.source(Format.DELTA, "delta");
    addToDelta(0, 100);
    List<Source> read = growth.everything(List.of(source));
    try (var files = Files.walk(folder.resolve("delta"))) {
      files.sorted(Comparator.reverseOrder()).forEach(file -> file.toFile().delete());
    }
    addToDelta(0, 200);

    assertRefused(source, read, "is another table than the one that was read");
  }

  @Test
  void rowsThatWereAddedToIcebergAreFound() throws Exception {
    SourceSettings source = Lake.table(Format.ICEBERG, ICEBERG, -1);
    lake.documents(0, 100).writeTo(ICEBERG).createOrReplace();
    List<Source> read = growth.everything(List.of(source));
    assertThat(growth.since(List.of(source), read).get(0).snapshot().isEmpty()).isTrue();
    addToIceberg(100, 150);
    addToIceberg(150, 200);
    assertThat(keysSince(source, read)).isEqualTo(keys(100, 200));

    spark.sql("DELETE FROM " + ICEBERG + " WHERE id >= 150");
    addToIceberg(300, 310);
    assertThat(keysSince(source, read))
        .as("without those that came and went")
        .isEqualTo(
            LongStream.concat(LongStream.range(100, 150), LongStream.range(300, 310))
                .boxed()
                .toList());

    spark.sql("DELETE FROM " + ICEBERG + " WHERE id = 7");
    assertRefused(
        source, read, "Cannot retrain on what was added to data.sources[0] (", "snapshot ");
  }

  @Test
  void filesThatAreNewAreFound() throws IOException {
    SourceSettings source = lake.source(Format.PARQUET, "parquet");
    lake.documents(0, 100).coalesce(1).write().parquet(lake.path("parquet"));
    List<Source> read = growth.everything(List.of(source));
    lake.documents(100, 150).coalesce(1).write().mode("append").parquet(lake.path("parquet"));

    List<Source> since = growth.since(List.of(source), read);

    assertThat(since.get(0).files()).hasSize(1);
    assertThat(keysSince(source, read)).isEqualTo(keys(100, 150));
    Source both = SourceGrowth.together(read.get(0), since.get(0));
    assertThat(both.files()).hasSize(2);
    assertThat(growth.since(List.of(source), List.of(both)).get(0).snapshot().isEmpty()).isTrue();

    Path first = Path.of(URI.create(read.get(0).files().get(0).path()));
    Files.delete(first);
    assertRefused(source, read, "was read and is gone");
  }

  @Test
  void aFileThatWasChangedIsRefused() throws IOException {
    Files.writeString(Files.createDirectories(folder.resolve("lines")).resolve("a.txt"), "one\n");
    SourceSettings source =
        new SourceSettings(Format.LINES, lake.path("lines"), "", "text", "", "", -1);
    List<Source> read = growth.everything(List.of(source));
    Files.writeString(folder.resolve("lines/a.txt"), "one\ntwo\n");

    assertRefused(source, read, "a.txt was changed after it was read");
  }

  @Test
  void aTableOfFilesIsRefused() {
    lake.documents(0, 10).write().mode("overwrite").saveAsTable("files_of_growth");

    assertThatThrownBy(
            () -> growth.everything(List.of(Lake.table(Format.TABLE, "files_of_growth", -1))))
        .isInstanceOf(InvalidConfigurationException.class)
        .hasMessageContaining("is neither Delta nor Iceberg");
  }

  @Test
  void onlyWhatCameIsPrepared() throws IOException {
    SourceSettings source = lake.source(Format.DELTA, "delta");
    addToDelta(0, 100);
    List<Source> read = growth.everything(List.of(source));
    addToDelta(100, 250);
    List<Source> since = growth.since(List.of(source), read);
    addToDelta(250, 300);
    lake.documents(100, 250).write().parquet(lake.path("apart"));

    TokenManifest manifest =
        new LakePreparation(spark, new PieceSizes(3_000, 1 << 20))
            .prepare(
                new LakeRequest(
                    List.of(source),
                    LakeRequest.places(1),
                    Lake.DOCUMENTS,
                    "byte",
                    "",
                    0.1,
                    lake.tokens("since").toString(),
                    8,
                    since));

    assertThat(manifest.sources()).isEqualTo(since);
    assertThat(Shards.bytes(lake.tokens("since")))
        .isEqualTo(lake.shards("apart", lake.source(Format.PARQUET, "apart")));
  }

  private void assertRefused(SourceSettings source, List<Source> read, String... message) {
    assertThatThrownBy(() -> growth.since(List.of(source), read))
        .isInstanceOf(InvalidConfigurationException.class)
        .hasMessageContainingAll(message);
  }

  private Dataset<Row> rowsSince(SourceSettings source, List<Source> read) throws IOException {
    Source since = growth.since(List.of(source), read).get(0);
    assertThat(since.snapshot().isEmpty()).isFalse();
    return SourceTable.open(spark, new PinnedSource("data.sources[0]", source, since)).rows();
  }

  private List<Long> keysSince(SourceSettings source, List<Source> read) throws IOException {
    return rowsSince(source, read).select("id").sort("id").collectAsList().stream()
        .map(row -> row.getLong(0))
        .toList();
  }

  private static List<Long> keys(long first, long end) {
    return LongStream.range(first, end).boxed().toList();
  }

  private void addToDelta(int first, int end) {
    lake.documents(first, end)
        .coalesce(1)
        .write()
        .format("delta")
        .mode("append")
        .save(lake.path("delta"));
  }

  private void addPartitions(int first, int end) {
    lake.documents(first, end)
        .withColumn("place", expr("CASE WHEN id % 2 = 0 THEN 'a%b {1} c' END"))
        .coalesce(1)
        .write()
        .format("delta")
        .partitionBy("place")
        .mode("append")
        .save(lake.path("delta"));
  }

  private void delta(String statement) {
    spark.sql(statement.formatted("delta.`" + lake.path("delta") + "`"));
  }

  private void addToIceberg(int first, int end) throws NoSuchTableException {
    lake.documents(first, end).coalesce(1).writeTo(ICEBERG).append();
  }
}
