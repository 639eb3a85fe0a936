package normuon.model.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class HuggingFaceTokenizerTest {

  /** The bytes a, b, c and space, the pairs ab and " ab", and an end of text. */
  private static final String JSON =
      """
      {"version": "1.0", "truncation": null, "padding": null,
       "added_tokens": [
         {"id": 6, "content": "<|endoftext|>", "single_word": false, "lstrip": false,
          "rstrip": false, "normalized": false, "special": true}],
       "normalizer": null,
       "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true,
         "use_regex": true},
       "post_processor": null,
       "decoder": {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true,
         "use_regex": true},
       "model": {"type": "BPE", "dropout": null, "unk_token": null,
         "continuing_subword_prefix": "", "end_of_word_suffix": "", "fuse_unk": false,
         "byte_fallback": false,
         "vocab": {"a": 0, "b": 1, "c": 2, "\u0120": 3, "ab": 4, "\u0120ab": 5},
         "merges": ["a b", "\u0120 ab"]}}
      """;

  private final Tokenizer tokenizer = HuggingFaceTokenizer.ofJson(JSON);

  @Test
  void tokensAreThoseOfTheMergesOfTheFile() {
    assertThat(tokenizer.encode("abc ab a")).containsExactly(4, 2, 5, 3, 0);
    assertThat(tokenizer.decode(4, 2, 5, 3, 0)).isEqualTo("abc ab a");
    assertThat(tokenizer.encode("")).isEmpty();
  }

  @Test
  void theEndOfTextIsATokenButNotReadFromText() {
    assertThat(tokenizer.vocabularySize()).isEqualTo(7);
    assertThat(tokenizer.endOfText()).hasValue(6);
    assertThat(tokenizer.decode(0, 6, 1)).isEqualTo("a<|endoftext|>b");
    assertThat(tokenizer.encode("a<|endoftext|>b")).doesNotContain(6);
  }

  @Test
  void aTextBeginsAfterTheEndOfAnotherOrWhateverThereIs() {
    assertThat(tokenizer.beginning()).isEqualTo(6);
    Tokenizer endless =
        HuggingFaceTokenizer.ofJson(JSON.replaceFirst("(?s)\\{\"id\": 6.*?\\}", ""));
    assertThat(endless.endOfText()).isEmpty();
    assertThat(endless.encode("\n")).as("a line break, which it lacks").isEmpty();
    assertThat(endless.beginning()).isZero();
  }

  @Test
  void theDescriptionMakesTheSameTokenizer() {
    Tokenizer copy = Tokenizers.of(tokenizer.description());

    assertThat(copy.encode("cab")).isEqualTo(tokenizer.encode("cab")).containsExactly(2, 4);
    assertThat(copy.sha256()).isEqualTo(tokenizer.sha256()).hasSize(64);
  }

  @Test
  void whatIsNoTokenizerFileIsRefused() {
    String malformed =
        """
        {}
        [1]
        no json
        {"model": {}}
        {"model": []}
        {"model": {"vocab": [[]]}}
        {"model": {"vocab": [[null, 1]]}}
        {"model": {"vocab": {"a": "one"}}}
        {"model": {"vocab": {"a": 1.5}}}
        {"model": {"vocab": {"a": -1}}}
        {"model": {"vocab": {"a": 1e99999}}}
        {"model": {"vocab": {"a": 2147483647}}}
        {"model": {"vocab": {"a": 4294967296}}}
        {"model": {"vocab": {}}, "added_tokens": [{"id": 1, "content": null}]}
        {"model": {"vocab": {}}, "added_tokens": [{"id": 2147483647, "content": "a"}]}
        {"model": {"vocab": {}}, "added_tokens": [7]}
        """;
    for (String json : malformed.split("\n")) {
      assertThatThrownBy(() -> HuggingFaceTokenizer.ofJson(json))
          .as(json)
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageStartingWith("Invalid tokenizer.json: ");
    }
    assertThatThrownBy(() -> tokenizer.decode(7))
        .hasMessage("Invalid token 7: tokenizer 'hugging_face' has tokens 0 to 6");
  }
}
