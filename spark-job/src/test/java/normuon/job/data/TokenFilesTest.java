package normuon.job.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.LongStream;
import normuon.job.config.InvalidConfigurationException;
import org.apache.spark.sql.SparkSession;
import org.assertj.core.api.AbstractThrowableAssert;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files as llm.c and modded-nanogpt write them: magic 20240520, version 1, uint16 tokens. */
class TokenFilesTest {

  private static final int MAGIC = 20_240_520;
  private static final int END_OF_TEXT = 50_256;

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
  void filesAreTrainedOnWhereTheyLieAndSplitByTheirNames() throws IOException {
    write("fineweb_val_000000.bin", tokens(500, 530));
    write("fineweb_train_000001.bin", tokens(0, 200));
    write("fineweb_train_000002.bin", tokens(200, 300));
    Files.writeString(folder.resolve("readme.txt"), "not tokens");

    TokenManifest manifest = new Preparation(spark).prepare(request(folder, "gpt2"));

    TokenDataset dataset = TestTokens.open(folder.resolve("tokens"));
    assertThat(TestTokens.all(dataset.train())).isEqualTo(tokens(0, 300));
    assertThat(TestTokens.all(dataset.validation())).isEqualTo(tokens(500, 530));
    assertThat(manifest.splitRule().by()).isEqualTo(TokenManifest.SplitBy.FILE_NAME);
    assertThat(folder.resolve("tokens").toFile().list())
        .as("nothing is copied")
        .containsExactly("manifest.json");
    assertThat(new Preparation(spark).prepare(request(folder, "gpt2"))).isEqualTo(manifest);
  }

  @Test
  void theLastTokensAreForValidationIfNoNameSaysWhichAre() throws IOException {
    write("a.bin", tokens(0, 100));
    write("b.bin", tokens(100, 200));
    long[] last = tokens(200, 300);
    last[0] = END_OF_TEXT;
    write("c.bin", last);

    TokenManifest manifest =
        new Preparation(spark)
            .prepare(
                new PreparationRequest(
                    folder.toString(), "auto", "text", "gpt2", "", 0.5, tokensFolder(), 8));

    TokenDataset dataset = TestTokens.open(folder.resolve("tokens"));
    assertThat(TestTokens.all(dataset.train())).isEqualTo(tokens(0, 150));
    assertThat(TestTokens.all(dataset.validation()))
        .hasSize(150)
        .startsWith(150, 151)
        .contains(END_OF_TEXT)
        .endsWith(298, 299);
    assertThat(manifest.counts().documents()).isEqualTo(1);
  }

  @Test
  void oneFileIsEnough() throws IOException {
    write("only.bin", tokens(0, 200));

    new Preparation(spark).prepare(request(folder.resolve("only.bin"), "gpt2"));

    assertThat(TestTokens.all(TestTokens.open(folder.resolve("tokens")).train()))
        .isEqualTo(tokens(0, 180));
  }

  @Test
  void tokensThatTheTokenizerLacksAreRefused() throws IOException {
    write("a.bin", 1, 2, 50_257);

    assertRefused(request(folder, "gpt2"))
        .hasMessage(
            "Invalid token shard file:%s/a.bin: it has the token 50257; data.tokenizer gpt2 has"
                + " 50257 tokens",
            folder);
    assertRefused(request(folder, "char"))
        .hasMessage(
            "Invalid data.tokenizer = 'char': file:%s holds tokens, whose characters are unknown;"
                + " must be byte, gpt2 or hugging_face, whichever made them",
            folder);
  }

  @Test
  void filesThatAreNoTokensAreRefused() throws IOException {
    byte[] cut = TestTokens.shard(MAGIC, 1, 2, tokens(0, 100));
    Files.write(folder.resolve("cut.bin"), Arrays.copyOf(cut, cut.length - 2));

    assertRefused(request(folder, "gpt2"))
        .hasMessage(
            "Invalid token shard file:%s/cut.bin: its header says 100 tokens of 2 bytes, which make"
                + " 1224 bytes, but it has 1222",
            folder);
    Files.write(folder.resolve("cut.bin"), new byte[2000]);
    assertRefused(request(folder, "gpt2")).hasMessageContaining("cut.bin: magic number 0; must be");
  }

  private AbstractThrowableAssert<?, ? extends Throwable> assertRefused(
      PreparationRequest request) {
    return assertThatThrownBy(() -> new Preparation(spark).prepare(request))
        .isInstanceOf(InvalidConfigurationException.class);
  }

  private void write(String name, long... tokens) throws IOException {
    Files.write(folder.resolve(name), TestTokens.shard(MAGIC, 1, 2, tokens));
  }

  private static long[] tokens(int first, int end) {
    return LongStream.range(first, end).toArray();
  }

  private PreparationRequest request(Path path, String tokenizer) {
    return new PreparationRequest(
        path.toString(), "auto", "text", tokenizer, "", 0.1, tokensFolder(), 8);
  }

  private String tokensFolder() {
    return folder.resolve("tokens").toString();
  }
}
