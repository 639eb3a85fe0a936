package normuon.model.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class CharacterTokenizerTest {

  @Test
  void tokensAreIndicesOfTheSortedDistinctCharacters() {
    Tokenizer tokenizer = CharacterTokenizer.ofText("hello\n\ud83d\ude00");

    assertThat(tokenizer.description().vocabulary()).isEqualTo("\nehlo\ud83d\ude00");
    assertThat(tokenizer.encode("hole\ud83d\ude00\n")).containsExactly(2, 4, 3, 1, 5, 0);
    assertThat(tokenizer.vocabularySize()).isEqualTo(6);
    assertThat(tokenizer.endOfText()).isEmpty();
  }

  @Test
  void aTextBeginsAfterALineBreakOrTheFirstCharacter() {
    assertThat(CharacterTokenizer.ofText("\t\na").beginning()).isEqualTo(1);
    assertThat(CharacterTokenizer.ofText("ab").beginning()).isZero();
  }

  @Test
  void charactersSortByCodePointNotByCodeUnit() {
    // U+FF5E comes before U+1F600, though its code unit comes after the surrogates of the latter.
    assertThat(CharacterTokenizer.ofText("\ud83d\ude00\uff5e").description().vocabulary())
        .isEqualTo("\uff5e\ud83d\ude00");
  }

  @Test
  void anUnknownCharacterIsNamed() {
    Tokenizer tokenizer = CharacterTokenizer.ofText("ab");

    assertThatThrownBy(() -> tokenizer.encode("abc"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "Cannot encode character 'c' (U+0063): it is not among the 2 characters of tokenizer"
                + " 'char'");
    assertThatThrownBy(() -> tokenizer.encode("a\tb"))
        .hasMessageStartingWith("Cannot encode character U+0009:");
    assertThatThrownBy(() -> tokenizer.encode("\ud83d\ude00"))
        .hasMessageStartingWith("Cannot encode character '\ud83d\ude00' (U+1F600):");
  }

  @Test
  void vocabulariesThatCannotBeAreRefused() {
    assertThatThrownBy(() -> CharacterTokenizer.ofVocabulary("acb"))
        .hasMessage(
            "Invalid vocabulary of tokenizer 'char': character 'b' (U+0062) follows character 'c'"
                + " (U+0063); must be distinct and ascending");
    assertThatThrownBy(() -> CharacterTokenizer.ofVocabulary("aab"))
        .hasMessageEndingWith("must be distinct and ascending");
    assertThatThrownBy(() -> CharacterTokenizer.ofVocabulary(""))
        .hasMessage("Invalid vocabulary of tokenizer 'char': must have at least one character");
    assertThatThrownBy(() -> CharacterTokenizer.ofText("a\ud83d"))
        .hasMessage(
            "Invalid vocabulary of tokenizer 'char': character U+D83D is half of a character");
  }

  /** The hash was computed by a Python program from the definition. */
  @Test
  void theHashCoversEveryCharacter() {
    assertThat(CharacterTokenizer.ofText("a\u00e9\ud83d\ude00").sha256())
        .isEqualTo("2a4db264a541c77b0d5abb497453f92255068313c98046b46c91b263f048fcc9");
    assertThat(CharacterTokenizer.ofText("a\u00e9").sha256())
        .isNotEqualTo(CharacterTokenizer.ofText("a\u00e8").sha256());
  }
}
