package normuon.job.data;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TextPreparationTest {

  private static final String TEXT = "hello, w\u00f6rld \ud83d\ude00 and more\n".repeat(12);

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

  @Test
  void charactersOfATextBecomeItsTokens() throws IOException {
    Path text = Files.writeString(folder.resolve("input.txt"), TEXT);

    TokenManifest manifest = prepare(text, "char", 0.25);

    assertThat(manifest.tokenizer().vocabulary()).isEqualTo("\n ,adehlmnorw\u00f6\ud83d\ude00");
    assertThat(manifest.vocabularySize()).isEqualTo(15);
    assertThat(manifest.counts())
        .isEqualTo(new TokenManifest.Counts(1, 12 * 24, Map.of("empty", 0L)));
    assertThat(manifest.tokens(Split.TRAIN)).isEqualTo(216);
    assertThat(manifest.tokens(Split.VALIDATION)).isEqualTo(72);
  }

  @ParameterizedTest
  @ValueSource(strings = {"byte", "char", "gpt2"})
  void theFirstCharactersAreForTrainingAndTheRestForValidation(String tokenizer)
      throws IOException {
    Path text = Files.writeString(folder.resolve("input.txt"), TEXT);

    prepare(text, tokenizer, 0.3);

    TokenDataset dataset = TestTokens.open(tokens());
    int cut = TEXT.offsetByCodePoints(0, 201); // 0.7 * 288 = 201.6
    assertThat(TestTokens.decoded(dataset, dataset.train())).isEqualTo(TEXT.substring(0, cut));
    assertThat(TestTokens.decoded(dataset, dataset.validation())).isEqualTo(TEXT.substring(cut));
    assertThat(TestTokens.all(dataset.train()))
        .containsExactly(longs(dataset.tokenizer().encode(TEXT.substring(0, cut))));
  }

  /** (1 - 0.9) * 10 is below 1 in binary floating point; 0.1 * 1,115,394 is nanoGPT's split. */
  @ParameterizedTest
  @CsvSource({"0.9, 10, 1", "0.1, 1115394, 1003854", "0.3, 10, 7", "0.0005, 4000, 3998"})
  void theSplitIsThatOfTheDecimalFraction(double fraction, int characters, int train)
      throws IOException {
    Path text = Files.writeString(folder.resolve("input.txt"), "ab".repeat(characters / 2));

    TokenManifest manifest =
        new Preparation(spark)
            .prepare(
                new PreparationRequest(
                    text.toString(), "auto", "text", "char", "", fraction, tokens().toString(), 0));

    assertThat(manifest.tokens(Split.TRAIN)).isEqualTo(train);
    assertThat(manifest.tokens(Split.VALIDATION)).isEqualTo(characters - train);
  }

  @Test
  void filesOfAFolderAreOneTextInTheOrderOfTheirNames() throws IOException {
    Path texts = Files.createDirectories(folder.resolve("texts"));
    Files.writeString(texts.resolve("b.txt"), "second \u00e9");
    Files.writeString(texts.resolve("a.txt"), "first \ud83d\ude00|");
    Files.writeString(texts.resolve("c"), "");
    Files.writeString(texts.resolve("d[1]*.md"), "|last one");
    Files.writeString(texts.resolve(".hidden"), "hidden");
    Files.writeString(texts.resolve("_SUCCESS"), "marker");
    Files.writeString(Files.createDirectories(texts.resolve("e")).resolve("deep.txt"), "deep");

    TokenManifest manifest = prepare(texts, "byte", 0.5);

    TokenDataset dataset = TestTokens.open(tokens());
    assertThat(TestTokens.decoded(dataset, dataset.train())).isEqualTo("first \ud83d\ude00|seco");
    assertThat(TestTokens.decoded(dataset, dataset.validation())).isEqualTo("nd \u00e9|last one");
    assertThat(manifest.sources().get(0).files())
        .extracting(file -> Path.of(file.path()).getFileName().toString())
        .containsExactly("a.txt", "b.txt", "c", "d[1]*.md");
    assertThat(manifest.counts().documents()).isEqualTo(4);
  }

  @Test
  void theManifestTellsWhatLiesBesideIt() throws Exception {
    Path text = Files.writeString(folder.resolve("input.txt"), TEXT);
    new Preparation(spark, 100).prepare(request(text, "char", 0.25));

    JsonNode manifest = new ObjectMapper().readTree(tokens().resolve("manifest.json").toFile());

    assertThat(manifest.get("format_version").asInt()).isEqualTo(2);
    assertThat(manifest.at("/sources/0/path").asText()).isEqualTo("file:" + text);
    assertThat(manifest.at("/sources/0/format").asText()).isEqualTo("text");
    assertThat(manifest.at("/sources/0/snapshot/files/0/bytes").asLong())
        .isEqualTo(Files.size(text));
    assertThat(manifest.at("/sources/0/snapshot/files/0/modified").asLong())
        .isEqualTo(Files.getLastModifiedTime(text).toMillis());
    assertThat(manifest.at("/tokenizer/name").asText()).isEqualTo("char");
    assertThat(manifest.at("/split_rule/by").asText()).isEqualTo("position");
    assertThat(manifest.get("shards")).hasSize(4);
    assertThat(manifest.get("shards").findValuesAsText("file"))
        .containsExactly(
            "train-00000.bin", "train-00001.bin", "train-00002.bin", "validation-00000.bin");
    assertThat(manifest.get("shards").findValuesAsText("tokens"))
        .containsExactly("100", "100", "16", "72");
    for (JsonNode shard : manifest.get("shards")) {
      byte[] bytes = Files.readAllBytes(tokens().resolve(shard.get("file").asText()));
      assertThat(shard.get("bytes").asInt()).isEqualTo(bytes.length);
      assertThat(shard.get("sha256").asText())
          .isEqualTo(HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes)));
    }
    assertThat(tokens()).isDirectoryNotContaining("glob:**{_temporary,*.crc,*.tmp}");
  }

  @Test
  void theSizeOfShardsDoesNotChangeTheTokens() throws IOException {
    Path text = Files.writeString(folder.resolve("input.txt"), TEXT);
    new Preparation(spark, 7).prepare(request(text, "gpt2", 0.25));

    TokenDataset dataset = TestTokens.open(tokens());

    assertThat(dataset.manifest().shards(Split.TRAIN)).hasSizeGreaterThan(10);
    assertThat(
            TestTokens.decoded(dataset, dataset.train())
                + TestTokens.decoded(dataset, dataset.validation()))
        .isEqualTo(TEXT);
  }

  @Test
  void theSampleIsASourceOfItsOwn() throws IOException {
    PreparationRequest request =
        new PreparationRequest("sample", "auto", "text", "char", "", 0.1, tokens().toString(), 128);

    TokenManifest manifest = new Preparation(spark).prepare(request);

    long characters = manifest.counts().characters();
    assertThat(characters).isBetween(2_000_000L, 2_000_100L);
    assertThat(manifest.tokens(Split.VALIDATION)).isBetween(200_000L, 200_011L);
    assertThat(tokens().resolve("sample.txt")).hasSize(characters).content().endsWith(".\n");
    assertThat(new Preparation(spark).prepare(request)).isEqualTo(manifest);
  }

  private TokenManifest prepare(Path text, String tokenizer, double validationFraction)
      throws IOException {
    return new Preparation(spark).prepare(request(text, tokenizer, validationFraction));
  }

  private PreparationRequest request(Path text, String tokenizer, double validationFraction) {
    return new PreparationRequest(
        text.toString(), "auto", "text", tokenizer, "", validationFraction, tokens().toString(), 8);
  }

  private Path tokens() {
    return folder.resolve("tokens");
  }

  private static long[] longs(int... tokens) {
    return Arrays.stream(tokens).asLongStream().toArray();
  }
}
