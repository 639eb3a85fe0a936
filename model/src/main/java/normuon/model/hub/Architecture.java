package normuon.model.hub;

import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * The architectures of Hugging Face's transformers that a decoder of this program can be.
 *
 * <p>What a file leaves out has the default of transformers' {@code LlamaConfig} or {@code
 * Qwen3Config}.
 */
enum Architecture {
  /** Queries and keys as they are. */
  LLAMA("LlamaForCausalLM", "llama", Optional.empty(), Optional.empty(), 2_048),
  /** RMSNorm on each head of queries and keys. */
  QWEN3("Qwen3ForCausalLM", "qwen3", Optional.of(128), Optional.of(32), 32_768);

  private final String className;
  private final String modelType;
  private final Optional<Integer> headWidth;
  private final Optional<Integer> keyValueHeads;
  private final int context;

  Architecture(
      String className,
      String modelType,
      Optional<Integer> headWidth,
      Optional<Integer> keyValueHeads,
      int context) {
    this.className = className;
    this.modelType = modelType;
    this.headWidth = headWidth;
    this.keyValueHeads = keyValueHeads;
    this.context = context;
  }

  static Optional<Architecture> ofClass(String name) {
    return Arrays.stream(values()).filter(known -> known.className.equals(name)).findFirst();
  }

  static Optional<Architecture> ofModelType(String name) {
    return Arrays.stream(values()).filter(known -> known.modelType.equals(name)).findFirst();
  }

  /** The names of the classes, for messages. */
  static String classNames() {
    return Arrays.stream(values()).map(Architecture::className).collect(Collectors.joining(" or "));
  }

  String className() {
    return className;
  }

  String modelType() {
    return modelType;
  }

  /** The default of {@code head_dim}; empty for hidden_size / num_attention_heads. */
  Optional<Integer> headWidth() {
    return headWidth;
  }

  /** The default of {@code num_key_value_heads}; empty for num_attention_heads. */
  Optional<Integer> keyValueHeads() {
    return keyValueHeads;
  }

  /** The default of {@code max_position_embeddings}. */
  int context() {
    return context;
  }
}
