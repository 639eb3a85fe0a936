package normuon.job.lake;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import normuon.job.config.InvalidConfigurationException;
import normuon.job.config.SourceSettings;
import normuon.job.config.SourceSettings.Format;
import org.apache.spark.sql.SparkSession;
import org.assertj.core.api.AbstractThrowableAssert;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LakeRefusalTest {

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
  void aPathThatDoesNotExist() {
    for (Format format : List.of(Format.PARQUET, Format.DELTA, Format.ICEBERG)) {
      assertRefused(lake.source(format, "nothing"))
          .hasMessage(
              "data.sources[0].path = %s does not exist: must be a file or a folder",
              lake.path("nothing"));
    }
  }

  @Test
  void aTableOrVersionThatDoesNotExist() {
    lake.documents(0, 3).write().format("delta").save(lake.path("delta"));
    lake.documents(0, 3).writeTo("lake.db.refused").createOrReplace();

    assertRefused(Lake.table(Format.ICEBERG, "lake.db.nothing", -1))
        .hasMessageStartingWith("Cannot read data.sources[0] (iceberg lake.db.nothing): ");
    assertRefused(Lake.table(Format.TABLE, "nothing", -1))
        .hasMessageStartingWith("Cannot read data.sources[0] (table nothing): [TABLE_OR_VIEW");
    assertRefused(lake.source(Format.DELTA, "delta", 9))
        .hasMessageStartingWith("Cannot read data.sources[0] (file:")
        .hasMessageContaining("9");
    assertRefused(Lake.table(Format.ICEBERG, "lake.db.refused", 9))
        .hasMessageStartingWith("Cannot read data.sources[0] (lake.db.refused): ")
        .hasMessageContaining("9");
  }

  @Test
  void aFileSystemThatCannotBeReachedIsNoSetting() {
    SourceSettings source =
        new SourceSettings(Format.PARQUET, "hdfs://127.0.0.1:1/documents", "", "text", "", "", -1);

    assertThatThrownBy(() -> lake.prepare("tokens", source))
        .isInstanceOf(IOException.class)
        .hasMessageStartingWith(
            "Cannot read data.sources[0] (parquet hdfs://127.0.0.1:1/documents): ");
  }

  @Test
  void columnsThatDoNotFit() {
    lake.documents(0, 3).write().parquet(lake.path("parquet"));
    String path = "file:" + lake.path("parquet");

    assertRefused(columns("body", "id", ""))
        .hasMessage(
            "Invalid data.sources[0].text_column = 'body': %s has the columns [id, text]", path);
    assertRefused(columns("text", "name", ""))
        .hasMessage(
            "Invalid data.sources[0].key_column = 'name': %s has the columns [id, text]", path);
    assertRefused(columns("id", "", ""))
        .hasMessage(
            "Invalid data.sources[0].text_column = 'id': its type in %s is bigint; must be string",
            path);
    assertRefused(columns("text", "", "language = 'en'"))
        .hasMessageStartingWith(
            "Invalid data.sources[0].filter = 'language = 'en'': [UNRESOLVED_COLUMN");
    assertRefused(columns("text", "", "id + 1"))
        .hasMessageStartingWith("Invalid data.sources[0].filter = 'id + 1': [DATATYPE_MISMATCH");
  }

  @Test
  void aFileThatIsNoParquet() throws IOException {
    Files.createDirectories(folder.resolve("parquet"));
    Files.writeString(folder.resolve("parquet/part.parquet"), "not a Parquet file, surely");

    assertRefused(lake.source(Format.PARQUET, "parquet"))
        .hasMessageStartingWith("Cannot read data.sources");
  }

  @Test
  void aFolderWithoutFiles() throws IOException {
    Files.createDirectories(folder.resolve("parquet/_delta_log"));

    assertRefused(lake.source(Format.PARQUET, "parquet"))
        .hasMessage(
            "Invalid data.sources[0].path = file:%s: the folder has no files",
            lake.path("parquet"));
  }

  @Test
  void aSourceThatHasChangedSinceItWasPrepared() throws IOException {
    lake.documents(0, 200).coalesce(1).write().parquet(lake.path("parquet"));
    lake.prepare("tokens", lake.source(Format.PARQUET, "parquet"));

    lake.documents(200, 201).coalesce(1).write().mode("append").parquet(lake.path("parquet"));

    assertRefused(lake.source(Format.PARQUET, "parquet"))
        .hasMessageStartingWith(
            "Invalid data.tokens_directory = %s: it holds tokens of another preparation (file:",
            lake.tokens("tokens"))
        .hasMessageContaining(".parquet is new)");
  }

  @Test
  void anotherVersionThanTheOnePrepared() throws IOException {
    lake.documents(0, 200).write().format("delta").save(lake.path("delta"));
    lake.prepare("tokens", lake.source(Format.DELTA, "delta"));
    lake.documents(200, 201).write().format("delta").mode("append").save(lake.path("delta"));

    assertRefused(lake.source(Format.DELTA, "delta", 1))
        .hasMessageContaining("(data.sources[0].version was '0' and is now '1')");

    lake.documents(0, 200).write().format("delta").save(lake.path("other"));
    deleteTree(folder.resolve("delta"));
    Files.move(folder.resolve("other"), folder.resolve("delta"));
    assertRefused(lake.source(Format.DELTA, "delta"))
        .hasMessageContaining("(the table at file:" + lake.path("delta") + " was '");
  }

  @Test
  void aFileThatChangesWhileItIsRead() throws IOException {
    Path file = Files.writeString(folder.resolve("lines.txt"), "a line\n");
    Snapshots snapshots = new Snapshots(spark);
    List<PinnedSource> pinned =
        snapshots.pin(
            List.of(new SourceSettings(Format.LINES, file.toString(), "", "text", "", "", -1)),
            LakeRequest.places(1),
            List.of());
    snapshots.requireUnchanged(pinned);

    Files.writeString(file, "a longer line\n");

    assertThatThrownBy(() -> snapshots.requireUnchanged(pinned))
        .isInstanceOf(InvalidConfigurationException.class)
        .hasMessage(
            "Invalid data.sources[0]: file:%s was changed while it was read; prepare again, from a"
                + " source that rests",
            file);
  }

  @Test
  void tooFewDocuments() {
    lake.documents(0, 1).write().parquet(lake.path("parquet"));

    assertRefused(lake.source(Format.PARQUET, "parquet")).hasMessageStartingWith("Invalid data");
    assertThat(lake.tokens("tokens").resolve("manifest.json")).doesNotExist();
  }

  private SourceSettings columns(String text, String key, String filter) {
    return new SourceSettings(Format.PARQUET, lake.path("parquet"), "", text, key, filter, -1);
  }

  private AbstractThrowableAssert<?, ? extends Throwable> assertRefused(SourceSettings source) {
    return assertThatThrownBy(() -> lake.prepare("tokens", source))
        .isInstanceOf(InvalidConfigurationException.class);
  }

  private static void deleteTree(Path root) throws IOException {
    try (var files = Files.walk(root)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
