package normuon.job.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import normuon.job.config.InvalidConfigurationException;
import org.apache.spark.sql.SparkSession;
import org.assertj.core.api.AbstractThrowableAssert;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PreparationRefusalTest {

  private static SparkSession spark;

  @TempDir private Path folder;

  private Path text;
  private Path tokens;

  @BeforeAll
  static void start() {
    spark = TestSession.start();
  }

  @AfterAll
  static void stop() {
    spark.stop();
  }

  @BeforeEach
  void write() throws IOException {
    text = Files.writeString(folder.resolve("input.txt"), "some text ".repeat(100));
    tokens = folder.resolve("tokens");
  }

  @Test
  void aPathThatDoesNotExist() {
    assertRefused(request("/no/such/file.txt"))
        .hasMessage(
            "data.path = /no/such/file.txt does not exist: must be a text file, a folder of text"
                + " files, a Parquet folder, token shards or 'sample'");
    assertRefused(request("")).hasMessageStartingWith("Invalid data.path = '': must be");
  }

  @Test
  void anEmptyFile() throws IOException {
    Path empty = Files.createFile(folder.resolve("empty.txt"));

    assertRefused(request(empty.toString()))
        .hasMessage("Invalid data.path = " + empty + ": it is empty; must hold text");
  }

  @Test
  void aFolderWithoutText() throws IOException {
    Path texts = Files.createDirectories(folder.resolve("texts"));

    assertRefused(request(texts.toString()))
        .hasMessage("Invalid data.path = " + texts + ": the folder has no text files");

    Files.createFile(texts.resolve("empty.txt"));
    assertRefused(request(texts.toString()))
        .hasMessage("Invalid data.path = " + texts + ": its files are empty; must hold text");
  }

  @Test
  void bytesThatAreNotUtf8() throws IOException {
    Path texts = Files.createDirectories(folder.resolve("texts"));
    Files.writeString(texts.resolve("good.txt"), "good");
    byte[] bad = "x".repeat(100_000).getBytes(StandardCharsets.US_ASCII);
    bad[70_123] = (byte) 0xff;
    Files.write(texts.resolve("worse.txt"), bad);

    assertRefused(request(texts.toString()))
        .hasMessage(
            "Invalid UTF-8 in file:%s (data.path) at byte 70123: must be UTF-8 text"
                .formatted(texts.resolve("worse.txt")));
  }

  @Test
  void aTextShorterThanOneSequence() throws IOException {
    Path brief = Files.writeString(folder.resolve("short.txt"), "nine char");

    assertRefused(request(brief.toString()))
        .hasMessage(
            "Invalid data.path = %s: its text is too short, 8 tokens for training; must be at least"
                    .formatted(brief)
                + " 9, one sequence of model.context + 1 tokens");
  }

  @ParameterizedTest
  @CsvSource({"0.0001, 1", "0.008, 8"})
  void aValidationSplitShorterThanOneSequence(String fraction, int left) {
    assertRefused(request(text.toString(), "char", Double.parseDouble(fraction)))
        .hasMessage(
            ("Invalid data.validation_fraction = %s: it leaves %d tokens of data.path = %s for validation; must"
                    + " be at least 9, one sequence of model.context + 1 tokens")
                .formatted(fraction, left, text));
    assertThat(tokens).isEmptyDirectory();
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, 1, -0.1, 1.5, Double.NaN})
  void aFractionOutsideOfItsRange(double fraction) {
    assertRefused(request(text.toString(), "char", fraction))
        .hasMessage(
            "Invalid data.validation_fraction = %s: must be above 0 and below 1"
                .formatted(fraction));
  }

  @Test
  void namesThatAreUnknown() {
    assertRefused(request(text.toString(), "word", 0.1))
        .hasMessage(
            "Invalid data.tokenizer = 'word': must be one of [byte, char, gpt2],"
                + " or hugging_face with data.tokenizer_file");
    assertRefused(request(text.toString(), "csv", "text"))
        .hasMessage("Invalid data.format = 'csv': must be one of [auto, text, parquet, tokens]");
  }

  @Test
  void aParquetFolderWithoutTheTextColumn() {
    Path table = parquet();

    assertRefused(request(table.toString(), "auto", "body"))
        .hasMessage(
            "Invalid data.text_column = 'body': file:%s has the columns [id, text]"
                .formatted(table));
    assertRefused(request(table.toString(), "auto", "id"))
        .hasMessage(
            "Invalid data.text_column = 'id': its type in file:%s is bigint; must be string"
                .formatted(table));
  }

  @Test
  void filesThatAreNotParquet() throws IOException {
    Path table = Files.createDirectories(folder.resolve("table"));
    Files.writeString(table.resolve("part.parquet"), "not a Parquet file, though it says so");

    assertRefused(request(table.toString()))
        .hasMessageStartingWith("Cannot read data.path = file:%s as Parquet: ".formatted(table))
        .hasMessageContaining("part.parquet is not a Parquet file")
        .hasMessageNotContaining("\n");
    assertRefused(request(text.toString(), "parquet", "text")).hasMessageContaining("as Parquet");
  }

  @Test
  void aParquetFileDamagedAmongGoodOnes() throws IOException {
    Path table = parquet();
    Files.writeString(table.resolve("z.parquet"), "not a Parquet file, though it says so");

    assertRefused(request(table.toString()))
        .hasMessageStartingWith("Cannot read data.path = file:%s as Parquet: ".formatted(table))
        .hasMessageContaining("z.parquet is not a Parquet file")
        .hasMessageNotContaining("\n");
  }

  @Test
  void aFolderThatHasNoParquetFiles() {
    assertRefused(request(folder.toString(), "parquet", "text"))
        .hasMessage("Invalid data.path = " + folder + ": the folder has no *.parquet files");
  }

  @Test
  void aDeltaTable() throws IOException {
    Path table = parquet();
    Files.createDirectories(table.resolve("_delta_log"));

    assertRefused(request(table.toString()))
        .hasMessageStartingWith(
            "Cannot read data.path = %s as Parquet: it is a Delta table".formatted(table));
  }

  @Test
  void finishedTokensAreUsedAgain() throws IOException {
    TokenManifest manifest = new Preparation(spark).prepare(request(text.toString()));
    FileTime written = FileTime.from(Instant.parse("2001-01-01T00:00:00Z"));
    Path shard = Files.setLastModifiedTime(tokens.resolve("train-00000.bin"), written);

    assertThat(new Preparation(spark).prepare(request(text.toString()))).isEqualTo(manifest);

    assertThat(Files.getLastModifiedTime(shard)).isEqualTo(written);
  }

  @Test
  void unfinishedTokensAreMadeAnew() throws IOException {
    new Preparation(spark, 100).prepare(request(text.toString()));
    byte[] bytes = TestTokens.bytes(tokens);
    Files.delete(tokens.resolve("manifest.json"));
    Files.writeString(tokens.resolve("train-00099.bin"), "left by a job that failed");
    Files.writeString(Files.createDirectories(tokens.resolve("_temporary")).resolve("left"), "too");

    new Preparation(spark, 100).prepare(request(text.toString()));

    assertThat(TestTokens.bytes(tokens)).isEqualTo(bytes);
  }

  @Test
  void finishedTokensOfAnotherRequest() throws IOException {
    new Preparation(spark).prepare(request(text.toString()));
    Path other = Files.writeString(folder.resolve("other.txt"), "other text ".repeat(100));

    assertRefused(request(other.toString(), "byte", 0.2))
        .hasMessage(
            ("Invalid data.tokens_directory = %s: it holds tokens of another preparation (data.path"
                    + " was 'file:%s' and is now 'file:%s'; data.tokenizer was 'char' and is now"
                    + " 'byte'; data.validation_fraction was '0.1' and is now '0.2'); must be a"
                    + " directory of its own, or be deleted first")
                .formatted(tokens, text, other));
  }

  @Test
  void finishedTokensOfATextThatHasChanged() throws IOException {
    FileTime before = FileTime.from(Instant.parse("2026-01-02T03:04:05Z"));
    Files.setLastModifiedTime(text, before);
    new Preparation(spark).prepare(request(text.toString()));

    Files.setLastModifiedTime(text, FileTime.from(before.toInstant().plusSeconds(60)));
    assertRefused(request(text.toString()))
        .hasMessageContaining(
            "(the modification time of file:%s was '2026-01-02T03:04:05Z' and is now '2026-01-02T03:05:05Z')"
                .formatted(text));

    Files.writeString(text, "some text");
    assertRefused(request(text.toString()))
        .hasMessageContaining("(the size of file:%s was '1000' and is now '9')".formatted(text));
  }

  @Test
  void finishedTokensOfAFolderThatHasChanged() throws IOException {
    Path texts = Files.createDirectories(folder.resolve("texts"));
    Files.writeString(texts.resolve("a"), "some text ".repeat(50));
    Files.writeString(texts.resolve("b"), "some text ".repeat(50));
    new Preparation(spark).prepare(request(texts.toString()));

    Files.delete(texts.resolve("a"));
    assertRefused(request(texts.toString()))
        .hasMessageContaining("(file:%s is gone)".formatted(texts.resolve("a")));

    Files.writeString(texts.resolve("0"), "some text");
    assertRefused(request(texts.toString()))
        .hasMessageContaining("(file:%s is new)".formatted(texts.resolve("0")));
  }

  @Test
  void finishedTokensThatAreTooFewForALongerContext() throws IOException {
    new Preparation(spark).prepare(request(text.toString()));

    assertRefused(
            new PreparationRequest(
                text.toString(), "auto", "text", "char", "", 0.1, tokens.toString(), 100))
        .hasMessageContaining("it leaves 100 tokens of data.path = " + text + " for validation")
        .hasMessageContaining("must be at least 101");
  }

  private Path parquet() {
    Path table = folder.resolve("table");
    spark
        .range(0, 100, 1, 1)
        .selectExpr("id", "concat('document ', id) AS text")
        .write()
        .parquet(table.toString());
    return table;
  }

  private AbstractThrowableAssert<?, ? extends Throwable> assertRefused(
      PreparationRequest request) {
    return assertThatThrownBy(() -> new Preparation(spark).prepare(request))
        .isInstanceOf(InvalidConfigurationException.class);
  }

  private PreparationRequest request(String path) {
    return request(path, "char", 0.1);
  }

  private PreparationRequest request(String path, String tokenizer, double validationFraction) {
    return new PreparationRequest(
        path, "auto", "text", tokenizer, "", validationFraction, tokens.toString(), 8);
  }

  private PreparationRequest request(String path, String format, String textColumn) {
    return new PreparationRequest(path, format, textColumn, "char", "", 0.1, tokens.toString(), 8);
  }
}
