package normuon.model.text;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import com.google.gson.JsonParser;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The files as the Hugging Face library reads them, against our own tokenizers. */
class TokenizerJsonTest {

  private static final String TRICKY =
      TokenizersTest.ODD_TEXT.replace(Tokenizer.END_OF_TEXT, "<|end|>")
          + " don't I'LL we've 12345 3.14 a_b  \t\t  x=y+z; {\"json\": [1]} \u200b\ufeff\ufffd"
          + " \u1e9e\u0301\u0130 ﬁ \ud800\udc00 #$%&'()*+,-./:;<=>?@[\\]^`~ \u007f\u0085 ";

  static Stream<Tokenizer> tokenizers() {
    return Stream.of(new ByteTokenizer(), CharacterTokenizer.ofText(TRICKY), new Gpt2Tokenizer());
  }

  @ParameterizedTest
  @MethodSource("tokenizers")
  void theLibraryGivesTheSameTokensAndTheSameText(Tokenizer tokenizer) throws IOException {
    try (HuggingFaceTokenizer library = library(tokenizer)) {
      SplittableRandom random = new SplittableRandom(3);
      for (int trial = 0; trial < 60; trial++) {
        String text = trial == 0 ? TRICKY : mixed(random);
        long[] tokens = library.encode(text, true, false).getIds();

        assertThat(tokens)
            .as(text)
            .isEqualTo(Arrays.stream(tokenizer.encode(text)).asLongStream().toArray());
        assertThat(library.decode(tokens, false)).isEqualTo(text);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("tokenizers")
  void theLibraryKnowsTheEndOfText(Tokenizer tokenizer) throws IOException {
    try (HuggingFaceTokenizer library = library(tokenizer)) {
      if (tokenizer.endOfText().isPresent()) {
        int end = tokenizer.endOfText().getAsInt();
        assertThat(library.encode(Tokenizer.END_OF_TEXT, true, false).getIds())
            .containsExactly(end);
        assertThat(library.decode(new long[] {end}, false)).isEqualTo(Tokenizer.END_OF_TEXT);
        assertThat(library.decode(new long[] {end}, true)).isEmpty();
      }
    }
  }

  /** Half a character is what a model may write. */
  @Test
  void theLibraryDecodesBrokenBytesAsWeDo() throws IOException {
    Tokenizer bytes = new ByteTokenizer();
    try (HuggingFaceTokenizer library = library(bytes)) {
      for (int[] tokens :
          new int[][] {{0xc3}, {0xe4, 0xbd, 'a'}, {'a', 0xff, 0xfe}, {0xf0, 0x9f, 0x98}, {0x80}}) {
        long[] ids = Arrays.stream(tokens).asLongStream().toArray();
        assertThat(library.decode(ids, false)).isEqualTo(bytes.decode(tokens));
      }
    }
  }

  @ParameterizedTest
  @MethodSource("tokenizers")
  void theFileMakesATokenizerOfTheSameTokens(Tokenizer tokenizer) {
    String json = TokenizerJson.of(tokenizer);
    Tokenizer read = normuon.model.text.HuggingFaceTokenizer.ofJson(json);

    assertThat(read.vocabularySize()).isEqualTo(tokenizer.vocabularySize());
    assertThat(read.endOfText()).isEqualTo(tokenizer.endOfText());
    assertThat(read.encode(TRICKY)).isEqualTo(tokenizer.encode(TRICKY));
    assertThat(TokenizerJson.of(read)).isSameAs(json);
    assertThat(TokenizerJson.difference(tokenizer, json)).isEmpty();
    assertThat(TokenizerJson.difference(read, json)).isEmpty();
  }

  @Test
  void theVocabularyAndMergesOfGpt2AreThePublishedOnes() {
    var model =
        JsonParser.parseString(TokenizerJson.of(new Gpt2Tokenizer()))
            .getAsJsonObject()
            .getAsJsonObject("model");

    // The first lines and the last of merges.txt, and entries of encoder.json, as published.
    assertThat(model.getAsJsonArray("merges")).hasSize(50_000);
    assertThat(model.getAsJsonArray("merges").get(0).getAsString()).isEqualTo("Ġ t");
    assertThat(model.getAsJsonArray("merges").get(1).getAsString()).isEqualTo("Ġ a");
    assertThat(model.getAsJsonArray("merges").get(2).getAsString()).isEqualTo("h e");
    assertThat(model.getAsJsonArray("merges").get(49_999).getAsString()).isEqualTo("Ġg azed");
    assertThat(model.getAsJsonObject("vocab").size()).isEqualTo(50_257);
    assertThat(model.getAsJsonObject("vocab").get("!").getAsInt()).isZero();
    assertThat(model.getAsJsonObject("vocab").get("Ġthe").getAsInt()).isEqualTo(262);
    assertThat(model.getAsJsonObject("vocab").get("<|endoftext|>").getAsInt()).isEqualTo(50_256);
  }

  @Test
  void otherTokensAreNamed() {
    String ofAbc = TokenizerJson.of(CharacterTokenizer.ofText("abc"));

    assertThat(TokenizerJson.difference(CharacterTokenizer.ofText("abx"), ofAbc))
        .hasValue("token 2 of its tokenizer is \"c\", that of the data's (char) \"x\"");
    assertThat(TokenizerJson.difference(new ByteTokenizer(), ofAbc))
        .hasValue("its tokenizer has 3 tokens, that of the data (byte) 257");
  }

  private static HuggingFaceTokenizer library(Tokenizer tokenizer) throws IOException {
    byte[] json = TokenizerJson.of(tokenizer).getBytes(StandardCharsets.UTF_8);
    return HuggingFaceTokenizer.newInstance(
        new ByteArrayInputStream(json), Map.of("truncation", "false", "padding", "false"));
  }

  /** Pieces of the tricky text, none cut within a character. */
  private static String mixed(SplittableRandom random) {
    int[] characters = TRICKY.codePoints().toArray();
    StringBuilder text = new StringBuilder();
    for (int piece = 0; piece < 12; piece++) {
      int start = random.nextInt(characters.length);
      int end = Math.min(characters.length, start + random.nextInt(9));
      text.append(new String(characters, start, end - start));
    }
    return text.toString();
  }
}
