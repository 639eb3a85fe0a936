package normuon.model.text;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The tokenizers of the native library, one for each vocabulary in a process: they hold memory that
 * no collector frees, and any number of threads may use one.
 */
final class NativeTokenizers {

  private static final Map<String, String> OPTIONS =
      Map.of("addSpecialTokens", "false", "truncation", "false", "padding", "false");

  private static final Map<String, HuggingFaceTokenizer> OPEN = new ConcurrentHashMap<>();

  private NativeTokenizers() {}

  /**
   * The tokenizer of the content of a {@code tokenizer.json}.
   *
   * @throws IllegalArgumentException if the library cannot read it
   */
  static HuggingFaceTokenizer of(String json) {
    return OPEN.computeIfAbsent(json, NativeTokenizers::open);
  }

  private static HuggingFaceTokenizer open(String json) {
    try {
      return HuggingFaceTokenizer.newInstance(
          new ByteArrayInputStream(json.getBytes(StandardCharsets.UTF_8)), OPTIONS);
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot load the tokenizers library", e);
    } catch (RuntimeException unreadable) {
      throw new IllegalArgumentException(
          "Invalid tokenizer.json: " + unreadable.getMessage(), unreadable);
    }
  }
}
