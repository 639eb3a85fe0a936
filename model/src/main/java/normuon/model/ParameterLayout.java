package normuon.model;

import static normuon.torch.Role.EMBEDDING;
import static normuon.torch.Role.HEAD;
import static normuon.torch.Role.MATRIX;
import static normuon.torch.Role.VECTOR;

import java.util.ArrayList;
import java.util.List;
import normuon.model.GptConfiguration.Mlp;
import normuon.torch.ParameterSpec;
import normuon.torch.Role;

/**
 * Which parameters a decoder has, in the order of its forward pass: the embedding, the attention
 * and the feed-forward part of every block, the output. Names and shapes are those of Hugging Face
 * Llama, or Qwen3 with normalized queries and keys.
 */
final class ParameterLayout {

  private final GptConfiguration configuration;

  ParameterLayout(GptConfiguration configuration) {
    this.configuration = configuration;
  }

  List<ParameterSpec> all() {
    List<ParameterSpec> specs = new ArrayList<>();
    specs.add(embedding());
    for (int layer = 0; layer < configuration.layers(); layer++) {
      specs.addAll(attention(layer));
      specs.addAll(mlp(layer));
    }
    specs.addAll(output());
    return List.copyOf(specs);
  }

  private ParameterSpec embedding() {
    return spec("model.embed_tokens", EMBEDDING, vocabulary(), configuration.width());
  }

  /** In the order that the operator {@code attend} takes them. */
  List<ParameterSpec> attention(int layer) {
    String prefix = "model.layers." + layer + ".";
    String attention = prefix + "self_attn.";
    long width = configuration.width();
    long queryWidth = configuration.queryWidth();
    long keyValueWidth = configuration.keyValueWidth();
    List<ParameterSpec> specs = new ArrayList<>();
    specs.add(spec(prefix + "input_layernorm", VECTOR, width));
    specs.add(spec(attention + "q_proj", MATRIX, queryWidth, width));
    specs.add(spec(attention + "k_proj", MATRIX, keyValueWidth, width));
    specs.add(spec(attention + "v_proj", MATRIX, keyValueWidth, width));
    specs.add(spec(attention + "o_proj", MATRIX, width, queryWidth));
    if (configuration.queryKeyNorm()) {
      specs.add(spec(attention + "q_norm", VECTOR, configuration.headWidth()));
      specs.add(spec(attention + "k_norm", VECTOR, configuration.headWidth()));
    }
    return specs;
  }

  /** In the order that the operators {@code swiglu} and {@code squared_relu} take them. */
  List<ParameterSpec> mlp(int layer) {
    String prefix = "model.layers." + layer + ".";
    long width = configuration.width();
    long hidden = configuration.mlpWidth();
    List<ParameterSpec> specs = new ArrayList<>();
    specs.add(spec(prefix + "post_attention_layernorm", VECTOR, width));
    if (configuration.mlp() == Mlp.SWIGLU) {
      specs.add(spec(prefix + "mlp.gate_proj", MATRIX, hidden, width));
    }
    specs.add(spec(prefix + "mlp.up_proj", MATRIX, hidden, width));
    specs.add(spec(prefix + "mlp.down_proj", MATRIX, width, hidden));
    return specs;
  }

  /** The last normalization and, unless it is the embedding, the head. */
  List<ParameterSpec> output() {
    ParameterSpec norm = spec("model.norm", VECTOR, configuration.width());
    return configuration.tiedHead()
        ? List.of(norm)
        : List.of(norm, spec("lm_head", HEAD, vocabulary(), configuration.width()));
  }

  private long vocabulary() {
    return configuration.vocabularySize();
  }

  private static ParameterSpec spec(String module, Role role, long... shape) {
    return new ParameterSpec(module + ".weight", shape, role);
  }
}
