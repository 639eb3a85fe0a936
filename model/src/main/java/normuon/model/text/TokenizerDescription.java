package normuon.model.text;

import java.io.Serializable;
import java.util.Objects;

/**
 * All that defines a tokenizer, small enough to be stored with a run and sent to executors.
 *
 * @param name {@code byte}, {@code char} or {@code gpt2}
 * @param characters the characters of a {@code char} tokenizer in the order of their tokens; empty
 *     for the others, whose vocabularies are fixed
 */
public record TokenizerDescription(String name, String characters) implements Serializable {

  /** Refuses null. */
  public TokenizerDescription {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(characters, "characters");
  }
}
