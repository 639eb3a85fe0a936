package normuon.job.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import normuon.job.config.InvalidConfigurationException;
import normuon.model.text.HuggingFaceTokenizer;
import normuon.model.text.Tokenizer;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Texts by {@code data.path} in the words of a {@code tokenizer.json}. */
class TokenizerFilePreparationTest {

  /** Merges of letters in the words that Qwen's expression finds, one of them of ".\n". */
  private static final Path LETTERS = Path.of("src/test/resources/tokenizers/letters.json");

  private static final String[] WORDS = {"the", "quick", "fox", "jumps", "over", "a", "dog."};

  private static SparkSession spark;

  @TempDir private Path folder;

  private Path file;
  private Tokenizer tokenizer;

  @BeforeAll
  static void start() {
    spark = TestSession.start();
  }

  @AfterAll
  static void stop() {
    spark.stop();
  }

  @BeforeEach
  void copy() throws IOException {
    file = Files.copy(LETTERS, folder.resolve("tokenizer.json"));
    tokenizer = HuggingFaceTokenizer.ofJson(Files.readString(file));
  }

  @Test
  void tokensOfALongTextAreThoseOfTheWhole() throws IOException {
    String text = text(TextReader.LONGEST + 300_000, 1);
    assertThat(tokenizer.encode("dog.\nthe")).as("a line feed is part of a word").hasSize(6);
    Files.writeString(source(), text);

    TokenManifest manifest = prepare();

    TokenDataset dataset = TestTokens.open(tokens());
    int cut = text.length() * 9 / 10;
    assertThat(TestTokens.all(dataset.train())).isEqualTo(encoded(text.substring(0, cut)));
    assertThat(TestTokens.all(dataset.validation())).isEqualTo(encoded(text.substring(cut)));
    assertThat(manifest.tokenizer().vocabulary()).isEqualTo(Files.readString(LETTERS));
    assertThat(manifest.tokenizerSha256()).isEqualTo(tokenizer.sha256());
    assertThat(manifest.vocabularySize()).isEqualTo(39);
  }

  @Test
  void filesAreTokenizedOneByOne() throws IOException {
    Files.createDirectories(source());
    List<String> texts = List.of("the fox.", "\nover the quick", "", " dog");
    for (int i = 0; i < texts.size(); i++) {
      Files.writeString(source().resolve(i + ".txt"), texts.get(i));
    }

    prepare();

    TokenDataset dataset = TestTokens.open(tokens());
    LongStream.Builder expected = LongStream.builder();
    for (String text : List.of("the fox.", "\nover the quick", " ")) {
      Arrays.stream(encoded(text)).forEach(expected);
    }
    assertThat(TestTokens.all(dataset.train()))
        .as("25 of 28 characters")
        .isEqualTo(expected.build().toArray())
        .isNotEqualTo(encoded("the fox.\nover the quick "));
    assertThat(TestTokens.decoded(dataset, dataset.validation())).isEqualTo("dog");
  }

  @Test
  void documentsOfATableEndWithTheEndOfTextOfTheFile() throws IOException {
    List<String> texts = IntStream.range(0, 300).mapToObj(i -> text(30 + i % 7, i)).toList();
    spark
        .createDataset(texts, Encoders.STRING())
        .toDF("text")
        .coalesce(1)
        .write()
        .parquet(source().toString());

    prepare();

    TokenDataset dataset = TestTokens.open(tokens());
    String decoded = TestTokens.decoded(dataset, dataset.train());
    List<String> documents = List.of(decoded.split("<\\|endoftext\\|>"));
    assertThat(documents).hasSizeBetween(200, 299).isSubsetOf(texts);
    LongStream.Builder expected = LongStream.builder();
    for (String document : documents) {
      Arrays.stream(encoded(document)).forEach(expected);
      expected.add(tokenizer.endOfText().orElseThrow());
    }
    assertThat(TestTokens.all(dataset.train())).isEqualTo(expected.build().toArray());
  }

  @Test
  void tokensOfAnotherFileAreRefused() throws IOException {
    Files.writeString(source(), text(2_000, 1));
    prepare();
    assertThat(prepare().tokenizerSha256()).as("again").isEqualTo(tokenizer.sha256());

    Files.writeString(file, Files.readString(file).replace("<|endoftext|>", "</s>"));
    assertThatThrownBy(this::prepare)
        .isInstanceOf(OtherTokensException.class)
        .hasMessageContaining("data.tokenizer was 'hugging_face " + tokenizer.sha256());
    Files.delete(file);
    assertThatThrownBy(this::prepare)
        .isInstanceOf(InvalidConfigurationException.class)
        .hasMessage("data.tokenizer_file = %s does not exist: must be a tokenizer.json", file);
  }

  private long[] encoded(String text) {
    return Arrays.stream(tokenizer.encode(text)).asLongStream().toArray();
  }

  /** Lines of a few words, of which many end with a full stop. */
  private static String text(int characters, int seed) {
    SplittableRandom random = new SplittableRandom(seed);
    StringBuilder text = new StringBuilder();
    while (text.length() < characters) {
      text.append(WORDS[random.nextInt(WORDS.length)]);
      text.append(random.nextInt(6) == 0 ? '\n' : ' ');
    }
    return text.substring(0, characters);
  }

  private TokenManifest prepare() throws IOException {
    return new Preparation(spark)
        .prepare(
            new PreparationRequest(
                source().toString(),
                "auto",
                "text",
                "hugging_face",
                file.toString(),
                0.1,
                tokens().toString(),
                1));
  }

  private Path source() {
    return folder.resolve("source");
  }

  private Path tokens() {
    return folder.resolve("tokens");
  }
}
