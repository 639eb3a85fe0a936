package normuon.model.text;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The expected tokens and the hash come from a separate Python program over the files that OpenAI
 * published with GPT-2 (encoder.json, vocab.bpe).
 */
class Gpt2TokenizerTest {

  private final Tokenizer tokenizer = new Gpt2Tokenizer();

  static Stream<Arguments> published() {
    return Stream.of(
        Arguments.of("Hello", new int[] {15496}),
        Arguments.of("Hello world", new int[] {15496, 995}),
        Arguments.of(
            "It's 2026, isn't it?", new int[] {1026, 338, 1160, 2075, 11, 2125, 470, 340, 30}),
        Arguments.of("<|endoftext|>", new int[] {27, 91, 437, 1659, 5239, 91, 29}),
        Arguments.of(
            "  two  spaces\n\n\tand a tab ",
            new int[] {220, 734, 220, 9029, 628, 197, 392, 257, 7400, 220}),
        Arguments.of(
            "na\u00efve caf\u00e9 \ud83d\ude00", new int[] {2616, 38776, 40304, 30325, 222}),
        Arguments.of("unbelievable\n", new int[] {403, 6667, 11203, 540, 198}));
  }

  @ParameterizedTest
  @MethodSource("published")
  void tokensAreThoseOfThePublishedVocabulary(String text, int[] tokens) {
    assertThat(tokenizer.encode(text)).containsExactly(tokens);
  }

  @Test
  void theVocabularyIsThePublishedOne() {
    assertThat(tokenizer.vocabularySize()).isEqualTo(50_257);
    assertThat(tokenizer.endOfText()).hasValue(50_256);
    assertThat(tokenizer.sha256())
        .isEqualTo("af0cef9ba46f5448ba140da917cbe92e677a268d56c731855633f7db19bc7bcf");
  }

  @Test
  void halfACharacterDecodesToTheReplacementCharacter() {
    int[] emoji = tokenizer.encode("\ud83d\ude00");

    assertThat(emoji).hasSizeGreaterThan(1);
    assertThat(tokenizer.decode(emoji[0])).contains("\ufffd");
  }

  @Test
  void randomTextSurvivesTheRoundTrip() {
    Random random = new Random(7);
    for (int i = 0; i < 200; i++) {
      String text =
          random
              .ints(40, 0, 0x11000)
              .filter(codePoint -> codePoint < 0xd800 || codePoint > 0xdfff)
              .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
              .toString();

      assertThat(tokenizer.decode(tokenizer.encode(text))).isEqualTo(text);
    }
  }
}
