package normuon.model.hub;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import normuon.model.GptConfiguration;
import normuon.model.GptConfiguration.Mlp;

/**
 * A decoder's shape as the {@code config.json} of Hugging Face's transformers: {@code
 * LlamaForCausalLM}, or {@code Qwen3ForCausalLM} where queries and keys are normalized.
 */
public final class HubConfiguration {

  private static final Gson JSON =
      new GsonBuilder().setPrettyPrinting().serializeNulls().disableHtmlEscaping().create();

  private HubConfiguration() {}

  /**
   * Whether an architecture of transformers computes what this decoder does.
   *
   * @param mlp the form of its feed-forward part, the only thing that it may lack
   */
  public static boolean canExpress(Mlp mlp) {
    return mlp == Mlp.SWIGLU;
  }

  /**
   * Reads a file.
   *
   * @return the shape, with {@code max_position_embeddings} as its context
   * @throws InvalidModelException if it is of another architecture, or has a feature that this
   *     decoder lacks; names every one with its value
   */
  public static GptConfiguration read(String json) throws InvalidModelException {
    return ConfigurationReader.read(json);
  }

  /** The class of transformers that computes what a decoder does. */
  public static String architecture(GptConfiguration shape) {
    return of(shape).className();
  }

  private static Architecture of(GptConfiguration shape) {
    if (!canExpress(shape.mlp())) {
      throw new IllegalArgumentException(
          "Cannot express a feed-forward part %s as %s: must be %s"
              .formatted(shape.mlp(), Architecture.classNames(), Mlp.SWIGLU));
    }
    return shape.queryKeyNorm() ? Architecture.QWEN3 : Architecture.LLAMA;
  }

  /**
   * Writes the file.
   *
   * @throws IllegalArgumentException if no architecture computes what the decoder does
   */
  static String write(GptConfiguration shape, WeightType type, SpecialTokens tokens) {
    Architecture architecture = of(shape);
    JsonArray architectures = new JsonArray();
    architectures.add(architecture.className());
    JsonObject file = new JsonObject();
    file.add("architectures", architectures);
    file.addProperty("model_type", architecture.modelType());
    file.addProperty("vocab_size", shape.vocabularySize());
    file.addProperty("hidden_size", shape.width());
    file.addProperty("intermediate_size", shape.mlpWidth());
    file.addProperty("num_hidden_layers", shape.layers());
    file.addProperty("num_attention_heads", shape.heads());
    file.addProperty("num_key_value_heads", shape.keyValueHeads());
    file.addProperty("head_dim", shape.headWidth());
    file.addProperty("max_position_embeddings", shape.context());
    file.addProperty("hidden_act", "silu");
    file.addProperty("rms_norm_eps", shape.normEpsilon());
    file.addProperty("rope_theta", shape.rotaryBase());
    file.add("rope_scaling", JsonNull.INSTANCE);
    file.addProperty("tie_word_embeddings", shape.tiedHead());
    file.addProperty("attention_bias", false);
    file.addProperty("attention_dropout", 0.0);
    if (architecture == Architecture.QWEN3) {
      file.addProperty("use_sliding_window", false);
      file.add("sliding_window", JsonNull.INSTANCE);
    } else {
      file.addProperty("mlp_bias", false);
    }
    file.addProperty("torch_dtype", type.torchName());
    tokens.addTo(file);
    file.addProperty("use_cache", true);
    return JSON.toJson(file) + "\n";
  }

  /** Writes {@code generation_config.json}. */
  static String writeGeneration(SpecialTokens tokens) {
    JsonObject file = new JsonObject();
    file.addProperty("_from_model_config", true);
    tokens.addTo(file);
    file.addProperty("do_sample", true);
    return JSON.toJson(file) + "\n";
  }
}
