package normuon.model.text;

import java.io.Serializable;
import java.util.Objects;

/**
 * All that defines a tokenizer, small enough to be stored with a run and sent to executors.
 *
 * @param name {@code byte}, {@code char}, {@code gpt2} or {@code hugging_face}
 * @param vocabulary the characters of a {@code char} tokenizer in the order of their tokens, or the
 *     {@code tokenizer.json} of a {@code hugging_face} tokenizer; empty for the others, whose
 *     vocabularies are fixed
 */
public record TokenizerDescription(String name, String vocabulary) implements Serializable {

  /** Refuses null. */
  public TokenizerDescription {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(vocabulary, "vocabulary");
  }
}
