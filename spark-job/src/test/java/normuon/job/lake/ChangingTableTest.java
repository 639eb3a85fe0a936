package normuon.job.lake;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import normuon.job.config.InvalidConfigurationException;
import normuon.job.config.SourceSettings;
import normuon.job.config.SourceSettings.Format;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Sources that change after their snapshots were taken and before their rows are tokenized. The
 * filter of the source, which Spark asks about each row, makes the change once the plan of the
 * preparation is noted: see {@link SourceChange}.
 */
class ChangingTableTest {

  @TempDir private static Path warehouse;

  private static SparkSession spark;

  @TempDir private Path folder;

  private Lake lake;

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
  }

  @Test
  void aDeltaTableThatGrows() throws IOException {
    lake.documents(0, 200).write().format("delta").save(lake.path("delta"));
    byte[] shards = lake.shards("resting", source(Format.DELTA, "delta"));

    changeWhileTokenizing(
        () ->
            lake.documents(200, 300)
                .write()
                .format("delta")
                .mode("append")
                .save(lake.path("delta")));

    assertThat(lake.shards("tokens", source(Format.DELTA, "delta"))).isEqualTo(shards);
    requireChanged();
  }

  @Test
  void aDeltaTableThatIsOverwritten() throws IOException {
    lake.documents(0, 200).write().format("delta").save(lake.path("delta"));
    byte[] shards = lake.shards("resting", source(Format.DELTA, "delta"));

    changeWhileTokenizing(
        () ->
            lake.documents(500, 600)
                .write()
                .format("delta")
                .mode("overwrite")
                .save(lake.path("delta")));

    assertThat(lake.shards("tokens", source(Format.DELTA, "delta"))).isEqualTo(shards);
    requireChanged();
  }

  @Test
  void aPreparationThatWasBrokenOffGoesOnWithTheVersionItBeganWith() throws IOException {
    SourceSettings source =
        new SourceSettings(Format.DELTA, lake.path("delta"), "", "text", "id", "", -1);
    lake.documents(0, 200).write().format("delta").save(lake.path("delta"));
    byte[] shards = lake.shards("resting", source);
    Path obstacle = lake.tokens("tokens").resolve(".manifest.json.tmp/occupied");
    Files.createDirectories(obstacle);
    assertThatThrownBy(() -> lake.prepare("tokens", source)).isInstanceOf(IOException.class);
    Files.delete(obstacle);
    Files.delete(obstacle.getParent());

    lake.documents(200, 300).write().format("delta").mode("append").save(lake.path("delta"));

    assertThat(lake.shards("tokens", source)).isEqualTo(shards);
  }

  @Test
  void anIcebergTableThatIsOverwritten() throws IOException {
    lake.documents(0, 200).writeTo("lake.db.changing").createOrReplace();
    SourceSettings source =
        new SourceSettings(
            Format.ICEBERG, "", "lake.db.changing", "text", "id", SourceChange.FILTER, -1);
    byte[] shards = lake.shards("resting", source);

    changeWhileTokenizing(
        () -> spark.sql("INSERT OVERWRITE lake.db.changing VALUES (1000, 'another document')"));

    assertThat(lake.shards("tokens", source)).isEqualTo(shards);
    requireChanged();
  }

  @Test
  void aFolderOfParquetThatGetsAnotherFile() throws IOException {
    lake.documents(0, 200).write().parquet(lake.path("parquet"));
    byte[] shards = lake.shards("resting", source(Format.PARQUET, "parquet"));

    changeWhileTokenizing(
        () -> lake.documents(200, 300).write().mode("append").parquet(lake.path("parquet")));

    assertThat(lake.shards("tokens", source(Format.PARQUET, "parquet"))).isEqualTo(shards);
    requireChanged();
  }

  @Test
  void aFileThatIsReplacedIsRefused() throws IOException {
    lake.documents(0, 200).coalesce(1).write().parquet(lake.path("parquet"));
    lake.documents(200, 300).coalesce(1).write().parquet(lake.path("others"));
    Path file = parquetFile("parquet");

    changeWhileTokenizing(() -> copy(parquetFile("others"), file));

    assertThatThrownBy(() -> lake.prepare("tokens", source(Format.PARQUET, "parquet")))
        .isInstanceOf(InvalidConfigurationException.class)
        .hasMessageContaining(
            "Invalid data.sources[0]: file:%s was changed while it was read; prepare again, from a"
                + " source that rests",
            file);
    requireChanged();
    assertThat(lake.tokens("tokens").resolve("manifest.json")).doesNotExist();
    assertThat(lake.shards("tokens", source(Format.PARQUET, "parquet")))
        .as("prepared again, of the file as it is now")
        .isEqualTo(lake.shards("others", source(Format.PARQUET, "others")));
  }

  @Test
  void aFolderOfParquetThatIsOverwrittenIsRefused() throws IOException {
    lake.documents(0, 200).coalesce(1).write().parquet(lake.path("parquet"));
    Path file = parquetFile("parquet");

    changeWhileTokenizing(
        () -> lake.documents(200, 300).write().mode("overwrite").parquet(lake.path("parquet")));

    assertThatThrownBy(() -> lake.prepare("tokens", source(Format.PARQUET, "parquet")))
        .isInstanceOf(InvalidConfigurationException.class)
        .hasMessageContaining(
            "Invalid data.sources[0]: file:%s was removed while it was read; prepare again, from a source"
                + " that rests",
            file);
    requireChanged();
    assertThat(lake.tokens("tokens").resolve("manifest.json")).doesNotExist();
    assertThat(lake.prepare("tokens", source(Format.PARQUET, "parquet")).counts().documents())
        .as("prepared again")
        .isEqualTo(100);
  }

  private SourceSettings source(Format format, String name) {
    return new SourceSettings(format, lake.path(name), "", "text", "id", SourceChange.FILTER, -1);
  }

  private void changeWhileTokenizing(Runnable change) {
    SourceChange.once(lake.tokens("tokens").resolve("_preparation/plan.json"), change);
  }

  private static void requireChanged() {
    assertThat(SourceChange.isDue()).as("a change that was not made").isFalse();
  }

  private Path parquetFile(String name) {
    try {
      Optional<Path> file = Shards.named(folder.resolve(name), "part-").stream().findFirst();
      return file.orElseThrow();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static void copy(Path from, Path to) {
    try {
      // Hadoop's local file system would compare the new bytes with it.
      Files.delete(to.resolveSibling("." + to.getFileName() + ".crc"));
      Files.write(to, Files.readAllBytes(from));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }
}
