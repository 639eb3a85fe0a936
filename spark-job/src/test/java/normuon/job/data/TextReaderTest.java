package normuon.job.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.IntStream;
import normuon.model.text.HuggingFaceTokenizer;
import normuon.model.text.Tokenizer;
import normuon.model.text.Tokenizers;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TextReaderTest {

  private static final String ODD_LINE =
      "It's   2026 , \t\n\n  na\u00efve caf\u00e9 \u4f60\u597d \ud83d\ude00\u2003x \r\n";

  @ParameterizedTest
  @ValueSource(strings = {"byte", "gpt2"})
  void tokensOfThePiecesAreThoseOfTheWhole(String name) throws IOException {
    Tokenizer tokenizer = Tokenizers.byName(name);
    String text = ODD_LINE.repeat(10_000);

    List<String> pieces = pieces(text.getBytes(StandardCharsets.UTF_8));

    assertThat(pieces).hasSizeGreaterThan(4);
    assertThat(String.join("", pieces)).isEqualTo(text);
    assertThat(
            pieces.stream().flatMapToInt(piece -> Arrays.stream(tokenizer.encode(piece))).toArray())
        .isEqualTo(tokenizer.encode(text));
  }

  @Test
  void textWithoutASpaceIsCutBetweenCharacters() throws IOException {
    String text = "\ud83d\ude00\u4f60".repeat(500_000);

    List<String> pieces = pieces(text.getBytes(StandardCharsets.UTF_8));

    assertThat(String.join("", pieces)).isEqualTo(text);
    assertThat(pieces).hasSize(2).allMatch(piece -> piece.length() < 2 * TextReader.LONGEST);
    assertThat(pieces).noneMatch(piece -> Character.isLowSurrogate(piece.charAt(0)));
  }

  @Test
  void aTokenizerThatMayNotBeCutGetsWholeTextsOrAMillionCharactersOfLines() throws IOException {
    assertThat(lines("one. two\n".repeat(100_000))).as("900,000 characters").hasSize(1);

    List<String> pieces = lines("one. two\nthree \n\n four\r\n".repeat(100_000));
    assertThat(String.join("", pieces)).isEqualTo("one. two\nthree \n\n four\r\n".repeat(100_000));
    assertThat(pieces).hasSize(3);
    assertThat(pieces.subList(0, 2))
        .allMatch(piece -> piece.endsWith("one. two\n") || piece.endsWith("four\r\n"));
    assertThat(pieces.subList(0, 2))
        .allMatch(piece -> Math.abs(piece.length() - TextReader.LONGEST) < 1 << 17);
    assertThat(lines("x\r\n a ".repeat(200_000)))
        .as("no line ends between two words")
        .hasSize(2)
        .element(0, InstanceOfAssertFactories.STRING)
        .endsWith(" a");
    assertThat(lines("\u4f60".repeat(1_200_000))).as("no boundary at all").hasSize(2);
  }

  @ParameterizedTest
  @ValueSource(strings = {"a line of text\r\n", "a paragraph.\n\n", "a paragraph.\r\n\r\n"})
  void linesAreNotCutWhateverEndsThem(String line) throws IOException {
    String text = line.repeat(100_000);

    assertThat(lines(text))
        .hasSizeGreaterThan(1)
        .allMatch(piece -> piece.endsWith(line), "ends with " + line.length() + " characters");
  }

  @Test
  void aTextOfJustTheLengthOfAPieceIsNotCut() throws IOException {
    String line = "a line of text.\n";
    String text = line.repeat(TextReader.LONGEST / line.length());
    assertThat(text).hasSize(TextReader.LONGEST);

    assertThat(lines(text)).as("as long as a piece").hasSize(1);
    assertThat(lines(text + "x")).as("a character longer").hasSizeGreaterThan(1);
  }

  private static List<String> lines(String text) throws IOException {
    Tokenizer tokenizer = HuggingFaceTokenizer.ofJson("{\"model\": {\"vocab\": {}}}");
    return pieces(
        TextReader.of(new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)), tokenizer));
  }

  @Test
  void anEmptyTextHasNoPieces() throws IOException {
    assertThat(pieces(new byte[0])).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "61ff62, 1, a byte that never occurs",
    "6180, 1, a continuation without a beginning",
    "e282, 0, a character cut at the end of the text",
    "6162f09f98, 2, a long character cut at the end",
    "61c0af, 1, an overlong form",
    "61eda080, 1, half of a surrogate pair",
    "f4908080, 0, a number beyond the last character",
    "61e28261, 1, a character cut by another"
  })
  void theFirstMalformedByteIsFound(String bytes, int offset, String what) {
    byte[] malformed = HexFormat.of().parseHex(bytes);

    for (int before : new int[] {0, 1, 65_534, 65_535, 65_536, 200_001}) {
      byte[] text = new byte[before + malformed.length];
      Arrays.fill(text, (byte) 'x');
      System.arraycopy(malformed, 0, text, before, malformed.length);

      assertThatThrownBy(() -> pieces(text))
          .as("%s after %d bytes", what, before)
          .isInstanceOf(MalformedTextException.class)
          .hasMessage("Invalid UTF-8 at byte " + (before + offset));
    }
  }

  @Test
  void charactersMayLieAcrossTheEndsOfBuffers() throws IOException {
    for (int shift : IntStream.range(0, 4).toArray()) {
      String text = "x".repeat(shift) + "\ud83d\ude00 ".repeat(40_000);

      assertThat(String.join("", pieces(text.getBytes(StandardCharsets.UTF_8)))).isEqualTo(text);
    }
  }

  private static List<String> pieces(byte[] bytes) throws IOException {
    return pieces(new TextReader(new ByteArrayInputStream(bytes)));
  }

  private static List<String> pieces(TextReader opened) throws IOException {
    List<String> pieces = new ArrayList<>();
    try (TextReader reader = opened) {
      for (String piece = reader.next(); !piece.isEmpty(); piece = reader.next()) {
        pieces.add(piece);
      }
    }
    return pieces;
  }
}
