package normuon.model.text;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class TextStreamTest {

  private static final String TEXT = "Ünïcode: 東京 😀👩‍👩‍👧 end. naïve?\nﬁ";

  static Stream<Tokenizer> tokenizers() {
    return Stream.of(new ByteTokenizer(), new Gpt2Tokenizer(), CharacterTokenizer.ofText(TEXT));
  }

  @ParameterizedTest
  @MethodSource("tokenizers")
  void noPieceHasHalfACharacterAndTogetherTheyAreTheText(Tokenizer tokenizer) {
    int[] tokens = tokenizer.encode(TEXT);

    List<String> pieces = pieces(new TextStream(tokenizer), tokens);

    assertThat(pieces).noneMatch(piece -> piece.contains("\uFFFD"));
    assertThat(String.join("", pieces)).isEqualTo(TEXT);
    assertThat(pieces.get(pieces.size() - 1)).as("nothing is left for the end").isEmpty();
    assertThat(pieces).hasSizeGreaterThan(20);
  }

  @Test
  void aCharacterComesWithItsLastByte() {
    List<String> pieces =
        pieces(new TextStream(new ByteTokenizer()), new ByteTokenizer().encode("a😀b"));

    assertThat(pieces).containsExactly("a", "", "", "", "😀", "b", "");
  }

  @Test
  void whatIsNoTextIsShownAsDecodingShowsIt() {
    Tokenizer tokenizer = new ByteTokenizer();
    SplittableRandom random = new SplittableRandom(4);
    for (int i = 0; i < 200; i++) {
      int[] tokens = random.ints(40, 0, tokenizer.vocabularySize()).toArray();
      assertThat(String.join("", pieces(new TextStream(tokenizer), tokens)))
          .isEqualTo(tokenizer.decode(tokens));
    }
    int[] noText = new int[100];
    Arrays.fill(noText, 0xFF);
    assertThat(pieces(new TextStream(tokenizer), noText).get(63))
        .as("it is not waited for without an end")
        .isEqualTo("\uFFFD".repeat(64));
  }

  @Test
  void thePromptIsNotGivenAgain() {
    Tokenizer tokenizer = new Gpt2Tokenizer();
    TextStream stream = new TextStream(tokenizer, tokenizer.encode("Once upon"));

    assertThat(pieces(stream, tokenizer.encode(" a time"))).containsExactly(" a", " time", "");
  }

  /** As in Llama's files: the space before a word belongs to it, but none is before the first. */
  @Test
  void whetherASpaceIsWrittenMayDependOnTheTokenBefore() {
    Tokenizer tokenizer =
        HuggingFaceTokenizer.ofJson(
            """
            {"decoder": {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always"},
             "model": {"type": "BPE", "vocab": {"▁a": 0, "b": 1, "▁c": 2}, "merges": []}}
            """);

    assertThat(tokenizer.decode(0, 1, 2)).isEqualTo("ab c");
    assertThat(pieces(new TextStream(tokenizer), 0, 1, 2, 0))
        .containsExactly("a", "b", " c", " a", "");
    assertThat(pieces(new TextStream(tokenizer, 0), 2, 1)).containsExactly(" c", "b", "");
  }

  @Test
  void textBytesAreThoseOfTheTextWhereverItIsCut() {
    for (Tokenizer tokenizer : tokenizers().toList()) {
      int[] tokens = tokenizer.encode(TEXT);
      long bytes = 0;
      for (int token : tokens) {
        bytes += tokenizer.textBytes(token);
      }
      assertThat(bytes)
          .as(tokenizer.name())
          .isEqualTo(TEXT.getBytes(java.nio.charset.StandardCharsets.UTF_8).length)
          .isEqualTo(tokenizer.textBytes(tokens));
      tokenizer.endOfText().ifPresent(end -> assertThat(tokenizer.textBytes(end)).isZero());
    }
  }

  private static List<String> pieces(TextStream stream, int... tokens) {
    List<String> pieces = new ArrayList<>();
    for (int token : tokens) {
      pieces.add(stream.add(token));
    }
    pieces.add(stream.end());
    return pieces;
  }
}
