package normuon.model.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class TokenizersTest {

  static final String ODD_TEXT =
      "Tabs\tand  two spaces \n\n\r\n\u00a0\u2003\u3000, na\u00efve caf\u00e9, \u4f60\u597d, \u0410\u0411\u0412,"
          + " \ud83d\ude00 \ud83d\udc68\u200d\ud83d\udc69\u200d\ud83d\udc67 e\u0301 \u0000 <|endoftext|> it's 2026\n ";

  static Stream<Tokenizer> tokenizers() {
    return Stream.of(new ByteTokenizer(), CharacterTokenizer.ofText(ODD_TEXT), new Gpt2Tokenizer());
  }

  @ParameterizedTest
  @MethodSource("tokenizers")
  void decodingUndoesEncoding(Tokenizer tokenizer) {
    int[] tokens = tokenizer.encode(ODD_TEXT);

    assertThat(Arrays.stream(tokens))
        .allMatch(token -> token >= 0 && token < tokenizer.vocabularySize());
    assertThat(tokenizer.decode(tokens)).isEqualTo(ODD_TEXT);
    assertThat(tokenizer.encode("")).isEmpty();
    assertThat(tokenizer.decode()).isEmpty();
  }

  @ParameterizedTest
  @MethodSource("tokenizers")
  void textIsNeverReadAsEndOfText(Tokenizer tokenizer) {
    int[] tokens = tokenizer.encode(Tokenizer.END_OF_TEXT);

    assertThat(tokens).hasSizeGreaterThan(1);
    tokenizer.endOfText().ifPresent(end -> assertThat(tokens).doesNotContain(end));
  }

  @ParameterizedTest
  @MethodSource("tokenizers")
  void endOfTextIsTheLastTokenAndIsWrittenOut(Tokenizer tokenizer) {
    tokenizer
        .endOfText()
        .ifPresent(
            end -> {
              assertThat(end).isEqualTo(tokenizer.vocabularySize() - 1);
              assertThat(tokenizer.decode(end)).isEqualTo("<|endoftext|>");
            });
  }

  @ParameterizedTest
  @MethodSource("tokenizers")
  void aDescriptionMakesTheSameTokenizerAgain(Tokenizer tokenizer) {
    Tokenizer again = Tokenizers.of(tokenizer.description());

    assertThat(again.name()).isEqualTo(tokenizer.name());
    assertThat(again.vocabularySize()).isEqualTo(tokenizer.vocabularySize());
    assertThat(again.encode(ODD_TEXT)).isEqualTo(tokenizer.encode(ODD_TEXT));
    assertThat(again.sha256()).isEqualTo(tokenizer.sha256());
  }

  @ParameterizedTest
  @MethodSource("tokenizers")
  void tokensOutsideTheVocabularyAreRefused(Tokenizer tokenizer) {
    int size = tokenizer.vocabularySize();

    for (int token : new int[] {-1, size}) {
      assertThatThrownBy(() -> tokenizer.decode(0, token))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage(
              "Invalid token %d: tokenizer '%s' has tokens 0 to %d"
                  .formatted(token, tokenizer.name(), size - 1));
    }
  }

  @Test
  void fixedVocabulariesAreMadeByName() {
    assertThat(Tokenizers.byName("byte").vocabularySize()).isEqualTo(257);
    assertThat(Tokenizers.byName("gpt2").vocabularySize()).isEqualTo(50_257);
    assertThatThrownBy(() -> Tokenizers.byName("char"))
        .hasMessage(
            "Cannot make tokenizer 'char' without a corpus: its vocabulary comes from the text");
  }

  @ParameterizedTest
  @ValueSource(strings = {"GPT2", "word", ""})
  void unknownNamesAreRefused(String name) {
    assertThatThrownBy(() -> Tokenizers.byName(name))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("Invalid tokenizer '" + name + "': must be one of [byte, char, gpt2]");
  }

  @Test
  void charactersBelongToTheCharacterTokenizerAlone() {
    assertThatThrownBy(() -> Tokenizers.of(new TokenizerDescription("byte", "ab")))
        .hasMessage(
            "Invalid description of tokenizer 'byte': only 'char' and 'hugging_face' have"
                + " vocabularies of their own");
  }
}
