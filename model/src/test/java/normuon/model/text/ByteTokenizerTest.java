package normuon.model.text;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ByteTokenizerTest {

  private final Tokenizer tokenizer = new ByteTokenizer();

  @Test
  void tokensAreTheBytesOfUtf8() {
    assertThat(tokenizer.encode("A\u00e9\ud83d\ude00"))
        .containsExactly(0x41, 0xc3, 0xa9, 0xf0, 0x9f, 0x98, 0x80);
    assertThat(tokenizer.vocabularySize()).isEqualTo(257);
    assertThat(tokenizer.endOfText()).hasValue(256);
  }

  @Test
  void invalidBytesDecodeToTheReplacementCharacter() {
    assertThat(tokenizer.decode(0x41, 0xff, 0x42)).isEqualTo("A\ufffdB");
  }

  /** The hash was computed by a Python program from the definition. */
  @Test
  void theHashIsThatOfTheDefinition() {
    assertThat(tokenizer.sha256())
        .isEqualTo("480e004869f839ee89a35362e5e246877286e1387cc766f501307040628c7827");
  }
}
