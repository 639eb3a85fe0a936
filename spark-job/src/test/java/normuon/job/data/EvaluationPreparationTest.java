package normuon.job.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import normuon.model.text.CharacterTokenizer;
import normuon.model.text.HuggingFaceTokenizer;
import normuon.model.text.Tokenizer;
import normuon.model.text.Tokenizers;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Texts on which nothing is trained, in the tokens of a model. */
class EvaluationPreparationTest {

  private static final String TEXT = "abc ab cab baa c ".repeat(20);

  /** Single characters, and the pair ab. */
  private static final String FILE =
      """
      {"added_tokens": [{"id": 5, "content": "</s>", "special": true}],
       "decoder": {"type": "Fuse"},
       "model": {"type": "BPE", "vocab": {"a": 0, "b": 1, "c": 2, " ": 3, "ab": 4, "</s>": 5},
         "merges": ["a b"]}}
      """;

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

  /** The third has characters that the text lacks. */
  static Stream<Tokenizer> tokenizers() {
    return Stream.of(
        Tokenizers.byName("byte"),
        Tokenizers.byName("gpt2"),
        CharacterTokenizer.ofText("zyx abc"),
        HuggingFaceTokenizer.ofJson(FILE));
  }

  @ParameterizedTest
  @MethodSource("tokenizers")
  void allOfATextIsForValidationInTheModelsTokens(Tokenizer tokenizer) throws IOException {
    Path text = Files.writeString(folder.resolve("val.txt"), TEXT);

    TokenManifest manifest = prepare(text, tokenizer);

    TokenDataset dataset = TestTokens.open(folder.resolve("tokens"));
    assertThat(TestTokens.decoded(dataset, dataset.validation())).isEqualTo(TEXT);
    assertThat(dataset.train().tokens()).isZero();
    assertThat(manifest.tokenizerSha256()).isEqualTo(tokenizer.sha256());
    assertThat(prepare(text, tokenizer)).as("prepared before").isEqualTo(manifest);
  }

  @Test
  void allDocumentsOfATableAre() throws IOException {
    List<String> texts = Stream.iterate(1, i -> i + 1).limit(40).map(i -> "ab ".repeat(i)).toList();
    spark
        .createDataset(texts, Encoders.STRING())
        .toDF("text")
        .coalesce(1)
        .write()
        .parquet(folder.resolve("table").toString());

    prepare(folder.resolve("table"), CharacterTokenizer.ofText("ab \nzyx"));

    TokenDataset dataset = TestTokens.open(folder.resolve("tokens"));
    assertThat(TestTokens.decoded(dataset, dataset.validation()))
        .isEqualTo(String.join("\n", texts) + "\n");
    assertThat(dataset.train().tokens()).isZero();
  }

  @Test
  void allTokensOfShardsAreWhateverTheirNames() throws IOException {
    long[] tokens = LongStream.range(0, 100).toArray();
    Files.write(folder.resolve("a_train.bin"), TestTokens.shard(20_240_520, 1, 2, tokens));
    Files.write(folder.resolve("b_val.bin"), TestTokens.shard(20_240_520, 1, 2, tokens));

    TokenManifest manifest = prepare(folder, Tokenizers.byName("byte"));

    assertThat(manifest.tokens(Split.VALIDATION)).isEqualTo(200);
    assertThat(manifest.tokens(Split.TRAIN)).isZero();
  }

  @Test
  void anUnknownCharacterIsToldOnceAndNotByEachTask() throws IOException {
    Path text = Files.writeString(folder.resolve("text.txt"), TEXT);

    assertThatThrownBy(() -> prepare(text, CharacterTokenizer.ofText("ab ")))
        .isExactlyInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "Cannot encode character 'c' (U+0063): it is not among the 3 characters of tokenizer 'char'");
  }

  @Test
  void aTextOfLessThanAWindowIsRefused() throws IOException {
    Path text = Files.writeString(folder.resolve("text.txt"), "abcabcab");

    assertThatThrownBy(() -> prepare(text, Tokenizers.byName("byte")))
        .isInstanceOf(TooFewTokensException.class)
        .hasMessage(
            "Invalid data.path = %s: its text is too short, 8 tokens; must be at least 9, one sequence of model.context + 1 tokens",
            text);
  }

  private TokenManifest prepare(Path path, Tokenizer tokenizer) throws IOException {
    PreparationRequest request =
        new PreparationRequest(
            path.toString(),
            "auto",
            "text",
            tokenizer.name(),
            Preparation.ALL_FOR_VALIDATION,
            folder.resolve("tokens").toString(),
            8);
    return new Preparation(spark).prepareForEvaluation(request, tokenizer);
  }
}
