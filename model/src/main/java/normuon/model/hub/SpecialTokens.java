package normuon.model.hub;

import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import normuon.model.text.HuggingFaceTokenizer;
import normuon.model.text.Tokenizer;

/** The tokens that begin, end and fill up a text, as the files beside a model's weights say it. */
public final class SpecialTokens {

  private static final String BEGINNING = "bos_token_id";
  private static final String END = "eos_token_id";
  private static final String FILLER = "pad_token_id";

  private final JsonObject tokens;
  private final Map<String, String> files;

  private SpecialTokens(JsonObject tokens, Map<String, String> files) {
    this.tokens = tokens;
    this.files = files;
  }

  /**
   * Those of a model that was trained on the tokens of a tokenizer: the end of text stands before
   * the first text too. What begins a text for a model with a tokenizer.json is not known.
   */
  public static SpecialTokens of(Tokenizer tokenizer) {
    JsonElement end =
        tokenizer.endOfText().isPresent()
            ? new JsonPrimitive(tokenizer.endOfText().getAsInt())
            : JsonNull.INSTANCE;
    JsonObject tokens = new JsonObject();
    // Null says that there is none; a missing key would mean 1 and 2.
    tokens.add(BEGINNING, tokenizer instanceof HuggingFaceTokenizer ? JsonNull.INSTANCE : end);
    tokens.add(END, end);
    tokens.add(FILLER, JsonNull.INSTANCE);
    return new SpecialTokens(tokens, Map.of());
  }

  /**
   * Those of a model of Hugging Face's layout; what its configuration leaves out stays so.
   *
   * @param configuration its {@code config.json}
   * @param files the texts of the other files that name them, by the files' names
   */
  static SpecialTokens of(String configuration, Map<String, String> files) {
    JsonObject all = JsonParser.parseString(configuration).getAsJsonObject();
    JsonObject tokens = new JsonObject();
    for (String key : List.of(BEGINNING, END, FILLER)) {
      if (all.has(key)) {
        tokens.add(key, all.get(key));
      }
    }
    return new SpecialTokens(tokens, Map.copyOf(files));
  }

  /** Adds the keys that name the tokens. */
  void addTo(JsonObject file) {
    tokens.entrySet().forEach(token -> file.add(token.getKey(), token.getValue()));
  }

  /** The text of a file that the model came with. */
  Optional<String> file(String name) {
    return Optional.ofNullable(files.get(name));
  }
}
