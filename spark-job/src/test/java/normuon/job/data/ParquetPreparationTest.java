package normuon.job.data;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.pmod;
import static org.apache.spark.sql.functions.xxhash64;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ParquetPreparationTest {

  private static final String END = "<|endoftext|>";

  private static SparkSession spark;

  @TempDir private Path folder;

  @BeforeAll
  static void start() {
    spark = TestSession.start();
  }

  @AfterAll
  static void stop() {
    spark.stop();
  }

  @ParameterizedTest
  @ValueSource(strings = {"byte", "gpt2"})
  void documentsComeInOrderEachWithItsEndOfText(String tokenizer) throws IOException {
    List<String> texts = texts(300);
    write("a", texts.subList(0, 100));
    write("b", texts.subList(100, 300));

    TokenManifest manifest = new Preparation(spark).prepare(request(tokenizer));

    TokenDataset dataset = TestTokens.open(tokens());
    assertThat(TestTokens.decoded(dataset, dataset.train())).isEqualTo(joined(texts, false, END));
    assertThat(TestTokens.decoded(dataset, dataset.validation()))
        .isEqualTo(joined(texts, true, END));
    assertThat(dataset.validation().tokens()).isPositive();
    assertThat(manifest.counts().documents()).isEqualTo(300);
    assertThat(manifest.sources().get(0).files()).hasSize(2);
  }

  @Test
  void charactersAreThoseOfTheDocumentsAndTheLineFeed() throws IOException {
    List<String> texts = texts(50);
    write("a", texts);

    TokenManifest manifest = new Preparation(spark).prepare(request("char"));

    TokenDataset dataset = TestTokens.open(tokens());
    String expected =
        (String.join("", texts) + "\n")
            .codePoints()
            .sorted()
            .distinct()
            .mapToObj(Character::toString)
            .collect(Collectors.joining());
    assertThat(manifest.tokenizer().vocabulary()).isEqualTo(expected).startsWith("\n");
    assertThat(TestTokens.decoded(dataset, dataset.train())).isEqualTo(joined(texts, false, "\n"));
  }

  @Test
  void rowsWithoutTextAreLeftOutAndCounted() throws IOException {
    List<String> texts = new ArrayList<>(texts(40));
    texts.addAll(10, Arrays.asList(null, "", null));
    write("a", texts);

    TokenManifest manifest = new Preparation(spark).prepare(request("byte"));

    texts.removeIf(text -> text == null || text.isEmpty());
    TokenDataset dataset = TestTokens.open(tokens());
    assertThat(manifest.counts().documents()).isEqualTo(40);
    assertThat(manifest.counts().dropped()).isEqualTo(Map.of("empty", 3L));
    assertThat(manifest.counts().characters())
        .isEqualTo(texts.stream().mapToLong(text -> text.codePointCount(0, text.length())).sum());
    assertThat(TestTokens.decoded(dataset, dataset.train())).isEqualTo(joined(texts, false, END));
  }

  @Test
  void theShardsDoNotDependOnHowSparkDividesTheWork() throws IOException {
    List<String> texts = texts(2_000);
    // Row groups of a few kilobytes, so that one file makes many partitions.
    write("a", texts);
    write("b", texts(10));
    new Preparation(spark, 1_000).prepare(request("byte"));
    byte[] whole = TestTokens.bytes(tokens());
    Files.move(tokens(), folder.resolve("first"));
    SparkSession divided = spark.newSession();
    spark.sparkContext().conf().set("spark.sql.files.maxPartitionBytes", "4096");
    try {
      new Preparation(divided, 1_000).prepare(request("byte"));
    } finally {
      spark.sparkContext().conf().remove("spark.sql.files.maxPartitionBytes");
    }

    assertThat(TestTokens.bytes(tokens())).isEqualTo(whole);
    assertThat(TestTokens.open(tokens()).manifest().shards(Split.TRAIN)).hasSizeGreaterThan(20);
  }

  @Test
  void manyFoldersOfPartitionsAreReadToo() throws IOException {
    List<String> texts = texts(120);
    for (int part = 0; part < 40; part++) {
      write("day=%02d/odd [%d]".formatted(part, part), texts.subList(3 * part, 3 * part + 3));
    }

    TokenManifest manifest = new Preparation(spark).prepare(request("byte"));

    TokenDataset dataset = TestTokens.open(tokens());
    assertThat(manifest.sources().get(0).files()).hasSize(40);
    assertThat(TestTokens.decoded(dataset, dataset.train())).isEqualTo(joined(texts, false, END));
  }

  /** The split of the text, by Spark's own hash. */
  private static String joined(List<String> texts, boolean validation, String separator) {
    List<Row> hashed =
        spark
            .createDataset(texts, Encoders.STRING())
            .select(col("value"), pmod(xxhash64(col("value")), lit(1_000_000)).lt(lit(100_000)))
            .collectAsList();
    return hashed.stream()
        .filter(row -> row.getBoolean(1) == validation)
        .map(row -> row.getString(0) + separator)
        .collect(Collectors.joining());
  }

  private static List<String> texts(int count) {
    return IntStream.range(0, count)
        .mapToObj(
            i ->
                "document "
                    + i
                    + (i % 3 == 0 ? " \ud83d\ude00\n" : " \u00e9t\u00e9 ").repeat(i % 7 + 1))
        .toList();
  }

  private void write(String name, List<String> texts) {
    StructType schema =
        new StructType().add("id", DataTypes.LongType).add("text", DataTypes.StringType);
    List<Row> rows = new ArrayList<>();
    texts.forEach(text -> rows.add(RowFactory.create((long) rows.size(), text)));
    spark
        .createDataFrame(rows, schema)
        .coalesce(1)
        .write()
        .option("parquet.block.size", 4096)
        .option("parquet.page.size", 1024)
        .option("parquet.block.size.row.check.min", 10)
        .option("parquet.block.size.row.check.max", 10)
        .parquet(source().resolve(name).toString());
  }

  private PreparationRequest request(String tokenizer) {
    return new PreparationRequest(
        source().toString(), "auto", "text", tokenizer, "", 0.1, tokens().toString(), 8);
  }

  private Path source() {
    return folder.resolve("source");
  }

  private Path tokens() {
    return folder.resolve("tokens");
  }
}
