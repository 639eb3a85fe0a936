package normuon.job.lake;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.pmod;
import static org.apache.spark.sql.functions.xxhash64;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.LongBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import normuon.job.config.DocumentSettings;
import normuon.job.config.SourceSettings;
import normuon.job.config.SourceSettings.Format;
import normuon.job.data.TokenDataset;
import normuon.job.data.TokenManifest;
import normuon.job.data.TokenSplit;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.catalyst.analysis.NoSuchTableException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LakePreparationTest {

  private static final String END = "<|endoftext|>";

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
  void everyFormatGivesTheSameShards() throws IOException {
    Dataset<Row> documents = lake.documents(0, 400);
    documents.repartition(3).write().parquet(lake.path("parquet"));
    documents.repartition(1).write().format("delta").save(lake.path("delta"));
    documents.coalesce(2).write().json(lake.path("json"));
    documents.writeTo("lake.db.formats").createOrReplace();
    documents.repartition(2).write().saveAsTable("plain");
    documents.write().format("delta").saveAsTable("versioned");

    byte[] shards = lake.shards("parquet", lake.source(Format.PARQUET, "parquet"));

    assertThat(Shards.files(lake.tokens("parquet"))).hasSizeGreaterThan(3);
    assertThat(lake.shards("delta", lake.source(Format.DELTA, "delta"))).isEqualTo(shards);
    assertThat(lake.shards("json", lake.source(Format.JSON, "json"))).isEqualTo(shards);
    assertThat(lake.shards("iceberg", Lake.table(Format.ICEBERG, "lake.db.formats", -1)))
        .isEqualTo(shards);
    assertThat(lake.shards("table", Lake.table(Format.TABLE, "plain", -1))).isEqualTo(shards);
    TokenManifest found = lake.prepare("found", Lake.table(Format.TABLE, "versioned", -1));
    assertThat(Shards.bytes(lake.tokens("found"))).isEqualTo(shards);
    assertThat(found.sources().get(0).snapshot().version()).isZero();
  }

  @Test
  void documentsComeInTheOrderOfTheirHashesAndAreSplitByTheirKeys() throws IOException {
    lake.documents(0, 300).write().parquet(lake.path("parquet"));

    TokenManifest manifest = lake.prepare("tokens", lake.source(Format.PARQUET, "parquet"));

    assertThat(decoded(TokenDataset::train)).isEqualTo(expected(300, false));
    assertThat(decoded(TokenDataset::validation)).isEqualTo(expected(300, true)).isNotEmpty();
    assertThat(manifest.counts().documents()).isEqualTo(300);
  }

  @Test
  void theShardsDoNotDependOnHowSparkDividesTheWork() throws IOException {
    lake.documents(0, 400).repartition(5).write().parquet(lake.path("parquet"));
    SourceSettings source = lake.source(Format.PARQUET, "parquet");
    byte[] shards = lake.shards("tokens", source);
    LakeRequest request =
        new LakeRequest(List.of(source), Lake.DOCUMENTS, "byte", "", 0.1, lake.path("divided"), 8);
    SparkSession divided = spark.newSession();
    divided.conf().set("spark.sql.shuffle.partitions", 5);
    divided.conf().set("spark.sql.adaptive.enabled", false);

    new LakePreparation(divided, new PieceSizes(3_000, 200)).prepare(request);

    assertThat(Shards.bytes(folder.resolve("divided"))).isEqualTo(shards);
  }

  @Test
  void anOlderVersionGivesTheShardsItHadThen() throws IOException {
    lake.documents(0, 150).write().parquet(lake.path("before"));
    lake.documents(0, 150).write().format("delta").save(lake.path("delta"));
    lake.documents(150, 300).write().format("delta").mode("append").save(lake.path("delta"));
    lake.documents(0, 150).writeTo("lake.db.travel").createOrReplace();
    long first = spark.table("lake.db.travel.snapshots").first().getAs("snapshot_id");
    append("lake.db.travel", 150, 300);
    byte[] before = lake.shards("before", lake.source(Format.PARQUET, "before"));

    assertThat(lake.shards("delta", lake.source(Format.DELTA, "delta", 0))).isEqualTo(before);
    assertThat(lake.shards("iceberg", Lake.table(Format.ICEBERG, "lake.db.travel", first)))
        .isEqualTo(before);
    assertThat(lake.prepare("now", lake.source(Format.DELTA, "delta")).counts().documents())
        .isEqualTo(300);
  }

  @Test
  void preparingAgainKeepsTheVersionThatIsRecorded() throws IOException {
    lake.documents(0, 150).write().format("delta").save(lake.path("delta"));
    lake.documents(0, 150).writeTo("lake.db.growing").createOrReplace();
    SourceSettings[] sources = {
      lake.source(Format.DELTA, "delta"), Lake.table(Format.ICEBERG, "lake.db.growing", -1)
    };
    TokenManifest before = lake.prepare("tokens", sources);
    byte[] shards = Shards.bytes(lake.tokens("tokens"));

    lake.documents(150, 300).write().format("delta").mode("append").save(lake.path("delta"));
    append("lake.db.growing", 150, 300);

    assertThat(lake.prepare("tokens", sources)).isEqualTo(before);
    assertThat(Shards.bytes(lake.tokens("tokens"))).isEqualTo(shards);
    assertThat(before.counts().documents()).isEqualTo(150);
    assertThat(before.counts().dropped()).containsEntry("duplicate", 150L);
  }

  @Test
  void filterAndColumnsOfEachSource() throws IOException {
    lake.documents(0, 100)
        .selectExpr("id AS number", "text AS body", "id % 2 = 0 AS even")
        .write()
        .partitionBy("even")
        .parquet(lake.path("parquet"));
    lake.documents(100, 150).selectExpr("text").write().text(lake.path("lines"));

    TokenManifest manifest =
        lake.prepare(
            "tokens",
            new SourceSettings(
                Format.PARQUET, lake.path("parquet"), "", "body", "number", "even", -1),
            new SourceSettings(Format.LINES, lake.path("lines"), "", "line", "", "", -1));

    long lines =
        lake.documents(100, 150).collectAsList().stream()
            .flatMap(row -> row.getString(1).lines())
            .count();
    assertThat(manifest.counts().documents() + manifest.counts().dropped().get("duplicate"))
        .isEqualTo(50 + lines);
  }

  @Test
  void whatIsNoDocumentIsLeftOutAndCounted() throws IOException {
    lake.documents(0, 100)
        .union(
            lake.rows(
                "(1000L, CAST(NULL AS STRING))",
                "(1001L, NULL)",
                "(1002L, '')",
                "(1003L, 'tiny')",
                "(1004L, CAST(X'6162FF63646566' AS STRING))",
                "(1006L, 'twice the same\\r\\nline')",
                "(1007L, 'twice the same\\nline')",
                "(1008L, 'twice the same\\rline')"))
        .union(lake.longRow(1005))
        .write()
        .parquet(lake.path("parquet"));

    TokenManifest manifest =
        lake.prepare(
            "tokens",
            new DocumentSettings(5, 1_000_000, DocumentSettings.Duplicates.DROP),
            lake.source(Format.PARQUET, "parquet"));

    assertThat(manifest.counts().documents()).isEqualTo(101);
    assertThat(manifest.counts().dropped())
        .isEqualTo(
            Map.of(
                "null", 2L,
                "empty", 1L,
                "malformed", 0L,
                "invalid_utf8", 1L,
                "too_short", 1L,
                "too_long", 1L,
                "duplicate", 2L));
    List<Row> quarantine =
        spark
            .read()
            .parquet(lake.tokens("tokens").resolve("quarantine").toString())
            .sort("key")
            .collectAsList();
    assertThat(quarantine)
        .extracting(row -> row.getAs("key") + " " + row.getAs("reason") + " " + row.getAs("bytes"))
        .containsExactly("1004 invalid_utf8 7", "1005 too_long 50000000");
    assertThat(quarantine.get(0).<byte[]>getAs("original"))
        .isEqualTo(new byte[] {'a', 'b', (byte) 0xff, 'c', 'd', 'e', 'f'});
    assertThat(quarantine.get(1).<byte[]>getAs("original")).hasSize(1 << 16);
  }

  @Test
  void aDocumentOfFiftyMegabytesIsOneAmongOthers() throws IOException {
    lake.documents(0, 100).union(lake.longRow(1000)).write().parquet(lake.path("parquet"));

    LakeRequest request =
        new LakeRequest(
            List.of(lake.source(Format.PARQUET, "parquet")),
            new DocumentSettings(1, 0, DocumentSettings.Duplicates.DROP),
            "byte",
            "",
            0.1,
            lake.path("tokens"),
            8);

    TokenManifest manifest = new LakePreparation(spark).prepare(request);

    assertThat(manifest.counts().documents()).isEqualTo(101);
    assertThat(manifest.counts().characters()).isGreaterThan(50_000_000);
  }

  @Test
  void finishedBucketsAreNotTokenizedAgain() throws IOException {
    lake = new Lake(spark, folder, new PieceSizes(3_000, 4_096));
    lake.documents(0, 400).write().parquet(lake.path("parquet"));
    SourceSettings source = lake.source(Format.PARQUET, "parquet");
    Path tokens = lake.tokens("tokens");
    byte[] undisturbed = lake.shards("undisturbed", source);
    Path obstacle = tokens.resolve(".manifest.json.tmp/occupied");
    Files.createDirectories(obstacle);
    assertThatThrownBy(() -> lake.prepare("tokens", source)).isInstanceOf(IOException.class);
    Files.delete(obstacle);
    Files.delete(obstacle.getParent());
    List<Path> runs = Shards.named(tokens.resolve("_preparation"), "bucket-");
    assertThat(runs).as("16 buckets, most with both splits").hasSizeGreaterThan(16);
    // A changed token shows which of what is finished is used: the shard that is gone is made
    // of the finished buckets, and the others are kept.
    Files.delete(tokens.resolve("train-00000.bin"));
    Path run = runs.get(0);
    byte[] bytes = Files.readAllBytes(run);
    bytes[0] = 0;
    Files.write(run, bytes);

    byte[] shards = lake.shards("tokens", source);

    assertThat(tokens.resolve("_preparation")).doesNotExist();
    assertThat(shards).hasSameSizeAs(undisturbed);
    assertThat(IntStream.range(0, shards.length).filter(i -> shards[i] != undisturbed[i]))
        .as("bytes that differ")
        .hasSize(1);
  }

  @Test
  void aTokenizerFile() throws IOException {
    lake.documents(0, 100).write().parquet(lake.path("parquet"));
    String json =
        """
        {"added_tokens": [{"id": 3, "content": "</s>", "special": true, "single_word": false,
           "lstrip": false, "rstrip": false, "normalized": false}],
         "pre_tokenizer": {"type": "WhitespaceSplit"},
         "model": {"type": "WordLevel", "unk_token": "?",
           "vocab": {"?": 0, "document": 1, "\u00e9t\u00e9": 2}}}
        """;
    Path file = Files.writeString(folder.resolve("tokenizer.json"), json);
    LakeRequest request =
        new LakeRequest(
            List.of(lake.source(Format.PARQUET, "parquet")),
            Lake.DOCUMENTS,
            "hugging_face",
            file.toString(),
            0.1,
            lake.path("words"),
            8);

    TokenManifest manifest = new LakePreparation(spark).prepare(request);

    assertThat(manifest.vocabularySize()).isEqualTo(4);
    TokenDataset dataset =
        TokenDataset.open(lake.path("words"), new Configuration(), folder.resolve("copies"));
    LongBuffer first = LongBuffer.allocate(3);
    dataset.train().copyTokens(0, 3, first);
    assertThat(first.array()).startsWith(1, 0);
    Files.writeString(file, json.replace("</s>", "<eos>"));
    assertThatThrownBy(() -> new LakePreparation(spark).prepare(request))
        .hasMessageContaining("(data.tokenizer was 'hugging_face ");
  }

  @Test
  void linesThatAreNoJsonAreQuarantined() throws IOException {
    List<String> lines = lake.documents(0, 60).toJSON().collectAsList();
    Files.writeString(
        folder.resolve("documents.json"),
        String.join("\n", lines) + "\n{\"id\": 3, \"text\": \"cut\nno JSON\n{\"id\": 5}\n");

    TokenManifest manifest =
        lake.prepare(
            "tokens",
            new SourceSettings(
                Format.JSON, lake.path("documents.json"), "", "text", "id", "id >= 0", -1));

    assertThat(manifest.counts().documents()).isEqualTo(60);
    assertThat(manifest.counts().dropped())
        .containsEntry("malformed", 2L)
        .containsEntry("null", 1L);
  }

  private static void append(String table, int first, int end) {
    try {
      new Lake(spark, warehouse).documents(first, end).writeTo(table).append();
    } catch (NoSuchTableException missing) {
      throw new AssertionError(missing);
    }
  }

  private String decoded(Function<TokenDataset, TokenSplit> split) throws IOException {
    TokenDataset dataset =
        TokenDataset.open(
            lake.tokens("tokens").toString(), new Configuration(), folder.resolve("copies"));
    TokenSplit tokens = split.apply(dataset);
    LongBuffer buffer = LongBuffer.allocate((int) tokens.tokens());
    tokens.copyTokens(0, buffer.capacity(), buffer);
    return dataset
        .tokenizer()
        .decode(Arrays.stream(buffer.array()).mapToInt(token -> (int) token).toArray());
  }

  /** The documents in the order of Java's own SHA-256, split by Spark's hash of the key. */
  private static String expected(int count, boolean validation) {
    return spark
        .range(count)
        .where(
            pmod(xxhash64(col("id").cast("string")), lit(1_000_000))
                .lt(100_000)
                .equalTo(validation))
        .collectAsList()
        .stream()
        .map(key -> Lake.text(key.intValue()).replace("\r\n", "\n"))
        .sorted(Comparator.comparing(LakePreparationTest::sha256))
        .map(text -> text + END)
        .collect(Collectors.joining());
  }

  private static String sha256(String text) {
    try {
      return HexFormat.of()
          .formatHex(
              MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException impossible) {
      throw new AssertionError(impossible);
    }
  }
}
