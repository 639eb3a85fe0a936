package normuon.model.text;

import java.util.List;

/** The tokenizers by name. */
public final class Tokenizers {

  /** The names of the tokenizers that need no file. */
  public static final List<String> NAMES =
      List.of(ByteTokenizer.NAME, CharacterTokenizer.NAME, Gpt2Tokenizer.NAME);

  private Tokenizers() {}

  /**
   * The tokenizer of a description.
   *
   * @throws IllegalArgumentException if the name is unknown or the vocabulary does not fit it
   */
  public static Tokenizer of(TokenizerDescription description) {
    String vocabulary = description.vocabulary();
    if (description.name().equals(CharacterTokenizer.NAME)) {
      return CharacterTokenizer.ofVocabulary(vocabulary);
    }
    if (description.name().equals(HuggingFaceTokenizer.NAME)) {
      return HuggingFaceTokenizer.ofJson(vocabulary);
    }
    if (!vocabulary.isEmpty()) {
      throw new IllegalArgumentException(
          "Invalid description of tokenizer '%s': only '%s' and '%s' have vocabularies of their own"
              .formatted(description.name(), CharacterTokenizer.NAME, HuggingFaceTokenizer.NAME));
    }
    return byName(description.name());
  }

  /** Whether a name says all of a tokenizer. */
  public static boolean isFixed(String name) {
    return name.equals(ByteTokenizer.NAME) || name.equals(Gpt2Tokenizer.NAME);
  }

  /**
   * A tokenizer whose vocabulary is fixed.
   *
   * @param name {@code byte} or {@code gpt2}
   * @throws IllegalArgumentException if the name is another
   */
  public static Tokenizer byName(String name) {
    return switch (name) {
      case ByteTokenizer.NAME -> new ByteTokenizer();
      case Gpt2Tokenizer.NAME -> new Gpt2Tokenizer();
      case CharacterTokenizer.NAME ->
          throw new IllegalArgumentException(
              "Cannot make tokenizer 'char' without a corpus: its vocabulary comes from the text");
      default ->
          throw new IllegalArgumentException(
              "Invalid tokenizer '%s': must be one of %s".formatted(name, NAMES));
    };
  }
}
