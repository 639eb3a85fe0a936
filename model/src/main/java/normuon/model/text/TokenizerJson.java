package normuon.model.text;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import normuon.model.text.ByteLevel.Words;

/**
 * Tokenizers as the files of Hugging Face's tokenizers library, which then gives the same tokens
 * and the same text; but for texts with the end of text written out, which it reads as that token,
 * and for characters that a {@code char} tokenizer lacks, which it passes over.
 */
public final class TokenizerJson {

  private static final Gson JSON =
      new GsonBuilder().setPrettyPrinting().serializeNulls().disableHtmlEscaping().create();

  private TokenizerJson() {}

  /** The file {@code tokenizer.json}. */
  public static String of(Tokenizer tokenizer) {
    if (tokenizer instanceof HuggingFaceTokenizer) {
      return tokenizer.description().vocabulary();
    }
    JsonObject file = new JsonObject();
    file.addProperty("version", "1.0");
    file.add("truncation", JsonNull.INSTANCE);
    file.add("padding", JsonNull.INSTANCE);
    file.add("added_tokens", endOfText(tokenizer));
    file.add("normalizer", JsonNull.INSTANCE);
    if (tokenizer instanceof Gpt2Tokenizer gpt2) {
      addSteps(file, ByteLevel.component(Words.OF_GPT2), ByteLevel.component(Words.OF_GPT2));
      int tokens = gpt2.vocabularySize();
      file.add(
          "model",
          model(
              ByteLevel.vocabulary(tokens, gpt2::bytesOf),
              ByteLevel.merges(tokens - 1, gpt2::bytesOf)));
    } else if (tokenizer instanceof ByteTokenizer bytes) {
      addSteps(file, ByteLevel.component(Words.NONE), ByteLevel.component(Words.NONE));
      file.add(
          "model",
          model(
              ByteLevel.vocabulary(bytes.vocabularySize(), ByteTokenizer::bytesOf),
              new JsonArray()));
    } else {
      addSteps(file, JsonNull.INSTANCE, fuse());
      file.add("model", model(characters(tokenizer), new JsonArray()));
    }
    return JSON.toJson(file) + "\n";
  }

  private static void addSteps(JsonObject file, JsonElement preTokenizer, JsonElement decoder) {
    file.add("pre_tokenizer", preTokenizer);
    file.add("post_processor", JsonNull.INSTANCE);
    file.add("decoder", decoder);
  }

  /** Without merges a byte-pair encoding has a token for each character. */
  private static JsonObject model(JsonObject vocabulary, JsonArray merges) {
    JsonObject model = new JsonObject();
    model.addProperty("type", "BPE");
    model.add("dropout", JsonNull.INSTANCE);
    model.add("unk_token", JsonNull.INSTANCE);
    model.add("continuing_subword_prefix", JsonNull.INSTANCE);
    model.add("end_of_word_suffix", JsonNull.INSTANCE);
    model.addProperty("fuse_unk", false);
    model.addProperty("byte_fallback", false);
    model.add("vocab", vocabulary);
    model.add("merges", merges);
    return model;
  }

  private static JsonObject characters(Tokenizer tokenizer) {
    JsonObject vocabulary = new JsonObject();
    for (int token = 0; token < tokenizer.vocabularySize(); token++) {
      vocabulary.addProperty(tokenizer.decode(token), token);
    }
    return vocabulary;
  }

  /** Puts characters side by side; without a decoder the library puts spaces between them. */
  private static JsonObject fuse() {
    JsonObject decoder = new JsonObject();
    decoder.addProperty("type", "Fuse");
    return decoder;
  }

  private static JsonArray endOfText(Tokenizer tokenizer) {
    JsonArray tokens = new JsonArray();
    if (tokenizer.endOfText().isPresent()) {
      JsonObject token = new JsonObject();
      token.addProperty("id", tokenizer.endOfText().getAsInt());
      token.addProperty("content", Tokenizer.END_OF_TEXT);
      for (String never : new String[] {"single_word", "lstrip", "rstrip", "normalized"}) {
        token.addProperty(never, false);
      }
      token.addProperty("special", true);
      tokens.add(token);
    }
    return tokens;
  }

  /**
   * The file {@code tokenizer_config.json}.
   *
   * @param context the most tokens in a sequence
   */
  public static String configuration(Tokenizer tokenizer, int context) {
    JsonObject file = new JsonObject();
    file.addProperty("tokenizer_class", "PreTrainedTokenizerFast");
    file.addProperty("clean_up_tokenization_spaces", false);
    file.addProperty("model_max_length", context);
    tokenizer
        .endOfText()
        .ifPresent(
            end -> {
              // A tokenizer of a file may have another token for that, which it does not name.
              if (!(tokenizer instanceof HuggingFaceTokenizer)) {
                file.addProperty("bos_token", tokenizer.decode(end));
              }
              file.addProperty("eos_token", tokenizer.decode(end));
            });
    return JSON.toJson(file) + "\n";
  }

  /**
   * Compares the tokens of a tokenizer with those of a file.
   *
   * @param json a {@code tokenizer.json}
   * @return the first token that is not the same, in words that go on "its"; empty if all are
   * @throws IllegalArgumentException if it is no such file
   */
  public static Optional<String> difference(Tokenizer tokenizer, String json) {
    Map<Integer, String> ours = byToken(HuggingFaceTokenizer.vocabulary(of(tokenizer)));
    Map<Integer, String> theirs = byToken(HuggingFaceTokenizer.vocabulary(json));
    if (theirs.size() != ours.size()) {
      return Optional.of(
          "its tokenizer has %,d tokens, that of the data (%s) %,d"
              .formatted(theirs.size(), tokenizer.name(), ours.size()));
    }
    return theirs.entrySet().stream()
        .filter(token -> !token.getValue().equals(ours.get(token.getKey())))
        .findFirst()
        .map(
            token ->
                "token %d of its tokenizer is %s, that of the data's (%s) %s"
                    .formatted(
                        token.getKey(),
                        JSON.toJson(token.getValue()),
                        tokenizer.name(),
                        JSON.toJson(ours.get(token.getKey()))));
  }

  private static Map<Integer, String> byToken(Map<String, Integer> vocabulary) {
    Map<Integer, String> texts = new TreeMap<>();
    vocabulary.forEach((text, token) -> texts.put(token, text));
    return texts;
  }
}
