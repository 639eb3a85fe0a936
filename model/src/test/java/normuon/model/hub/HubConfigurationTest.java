package normuon.model.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import normuon.model.GptConfiguration;
import normuon.model.GptConfiguration.Mlp;
import normuon.model.text.CharacterTokenizer;
import normuon.model.text.Tokenizers;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HubConfigurationTest {

  /** The file of TinyLlama-1.1B-intermediate-step-1431k-3T, as it was published. */
  private static final String TINY_LLAMA =
      """
      {
        "architectures": ["LlamaForCausalLM"], "bos_token_id": 1, "eos_token_id": 2,
        "hidden_act": "silu", "hidden_size": 2048, "initializer_range": 0.02,
        "intermediate_size": 5632, "max_position_embeddings": 2048, "model_type": "llama",
        "num_attention_heads": 32, "num_hidden_layers": 22, "num_key_value_heads": 4,
        "pretraining_tp": 1, "rms_norm_eps": 1e-05, "rope_scaling": null,
        "tie_word_embeddings": false, "torch_dtype": "float32",
        "transformers_version": "4.31.0.dev0", "use_cache": true, "vocab_size": 32000
      }
      """;

  /** The numbers of Qwen3-1.7B. */
  private static final String QWEN3 =
      """
      {
        "architectures": ["Qwen3ForCausalLM"], "attention_bias": false, "attention_dropout": 0.0,
        "bos_token_id": 151643, "eos_token_id": 151645, "head_dim": 128, "hidden_act": "silu",
        "hidden_size": 2048, "initializer_range": 0.02, "intermediate_size": 6144,
        "max_position_embeddings": 40960, "max_window_layers": 28, "model_type": "qwen3",
        "num_attention_heads": 16, "num_hidden_layers": 28, "num_key_value_heads": 8,
        "rms_norm_eps": 1e-06, "rope_scaling": null, "rope_theta": 1000000,
        "sliding_window": null, "tie_word_embeddings": true, "torch_dtype": "bfloat16",
        "transformers_version": "4.51.0", "use_cache": true, "use_sliding_window": false,
        "vocab_size": 151936
      }
      """;

  @Test
  void publishedFilesAreRead() throws InvalidModelException {
    assertThat(HubConfiguration.read(TINY_LLAMA))
        .isEqualTo(
            new GptConfiguration(
                32_000, 22, 32, 4, 0, 2_048, 2_048, Mlp.SWIGLU, 5_632, false, false, 1e4, 1e-5));
    assertThat(HubConfiguration.read(QWEN3))
        .isEqualTo(
            new GptConfiguration(
                151_936, 28, 16, 8, 0, 2_048, 40_960, Mlp.SWIGLU, 6_144, true, true, 1e6, 1e-6));
  }

  /** The numbers of Qwen3-0.6B. */
  @Test
  void headsMayBeWiderThanTheModel() throws InvalidModelException {
    JsonObject file = parse(QWEN3);
    file.addProperty("hidden_size", 1_024);
    file.addProperty("intermediate_size", 3_072);

    assertThat(HubConfiguration.read(file.toString()))
        .isEqualTo(
            new GptConfiguration(
                151_936, 28, 16, 8, 128, 1_024, 40_960, Mlp.SWIGLU, 3_072, true, true, 1e6, 1e-6));
  }

  @Test
  void whatAFileLeavesOutHasTheDefaultOfTransformers() throws InvalidModelException {
    JsonObject llama = parse(TINY_LLAMA);
    for (String key :
        new String[] {
          "num_key_value_heads",
          "max_position_embeddings",
          "rms_norm_eps",
          "tie_word_embeddings",
          "hidden_act",
          "architectures"
        }) {
      llama.remove(key);
    }
    assertThat(HubConfiguration.read(llama.toString()))
        .isEqualTo(
            new GptConfiguration(
                32_000, 22, 32, 32, 0, 2_048, 2_048, Mlp.SWIGLU, 5_632, false, false, 1e4, 1e-6));

    JsonObject qwen = parse(QWEN3);
    qwen.remove("head_dim");
    qwen.addProperty("num_attention_heads", 32);
    GptConfiguration wide = HubConfiguration.read(qwen.toString());
    assertThat(wide.headWidth())
        .as("the default of Qwen3, which does not share the width")
        .isEqualTo(128);
    assertThat(wide.queryWidth()).isEqualTo(4_096);
  }

  @Test
  void keyValueHeadsThatAreNullAreAsManyAsHeads() throws InvalidModelException {
    JsonObject qwen = parse(QWEN3);
    qwen.add("num_key_value_heads", JsonNull.INSTANCE);
    assertThat(HubConfiguration.read(qwen.toString()).keyValueHeads()).isEqualTo(16);

    qwen.remove("num_key_value_heads");
    qwen.addProperty("num_attention_heads", 64);
    assertThat(HubConfiguration.read(qwen.toString()).keyValueHeads())
        .as("the default of Qwen3")
        .isEqualTo(32);
  }

  @Test
  void filesOfTransformersFiveAreRead() throws InvalidModelException {
    JsonObject file = parse(QWEN3);
    file.remove("rope_theta");
    file.remove("rope_scaling");
    file.add("rope_parameters", parse("{\"rope_theta\": 5e6, \"rope_type\": \"default\"}"));
    file.add("layer_types", JsonParser.parseString("[\"full_attention\", \"full_attention\"]"));

    assertThat(HubConfiguration.read(file.toString()).rotaryBase()).isEqualTo(5e6);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          architectures           | ["MistralForCausalLM"]        | architectures is ["MistralForCausalLM"], must be LlamaForCausalLM or Qwen3ForCausalLM
          architectures           | []                            | architectures is [], must be LlamaForCausalLM or Qwen3ForCausalLM
          architectures           | ["LlamaForCausalLM","Other"]  | must be LlamaForCausalLM or Qwen3ForCausalLM
          rope_scaling            | {"type":"linear","factor":2}  | rope_scaling is {"type":"linear","factor":2}, must be null
          rope_scaling            | {"rope_type":"llama3"}        | rope_scaling is {"rope_type":"llama3"}, must be null
          rope_scaling            | 3                             | rope_scaling is 3, must be an object or null
          rope_parameters         | {"rope_type":"yarn"}          | rope_parameters is {"rope_type":"yarn"}, must be null
          rope_parameters         | {"full_attention":{"rope_type":"yarn"}} | rope_parameters is {"full_attention":{"rope_type":"yarn"}}, must be null
          hidden_size             | 1e99999                       | hidden_size is 1e99999, must be a whole number at least 1
          rms_norm_eps            | 1e99999                       | rms_norm_eps is 1e99999, must be a number
          partial_rotary_factor   | 0.5                           | partial_rotary_factor is 0.5, must be 1
          attention_bias          | true                          | attention_bias is true, must be false
          mlp_bias                | true                          | mlp_bias is true, must be false
          mlp_bias                | "no"                          | mlp_bias is "no", must be true or false
          use_sliding_window      | true                          | use_sliding_window is true, must be false
          layer_types             | ["sliding_attention"]         | layer_types is ["sliding_attention"], must be full_attention for every layer
          hidden_act              | "gelu"                        | hidden_act is "gelu", must be "silu"
          head_dim                | 65                            | Invalid model.head_width 65: must be even
          head_dim                | 0                             | head_dim is 0, must be a whole number at least 1
          num_attention_heads     | 48                            | Invalid model.heads 48: must divide model.width 2048 where model.head_width is 0
          quantization_config     | {"bits":4}                    | quantization_config is {"bits":4}, must be null
          hidden_size             | null                          | hidden_size does not exist
          vocab_size              | -1                            | vocab_size is -1, must be a whole number at least 1
          vocab_size              | 99999999999                   | vocab_size is 99999999999, must be a whole number at least 1
          num_hidden_layers       | 2.5                           | num_hidden_layers is 2.5, must be a whole number at least 1
          num_key_value_heads     | 5                             | Invalid model.key_value_heads 5: must divide model.heads 32
          rms_norm_eps            | "small"                       | rms_norm_eps is "small", must be a number
          rms_norm_eps            | 0                             | Invalid model.norm_epsilon 0.0: must be between 0 and 1
          """)
  void whatThisProgramWouldComputeDifferentlyIsRefused(String key, String value, String reason) {
    JsonObject file = parse(TINY_LLAMA);
    file.add(key, JsonParser.parseString(value));

    assertThatThrownBy(() -> HubConfiguration.read(file.toString()))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageStartingWith("Invalid config.json: ")
        .hasMessageContaining(reason);
  }

  @Test
  void everythingThatIsWrongIsSaidAtOnce() {
    JsonObject file = parse(TINY_LLAMA);
    file.addProperty("attention_bias", true);
    file.addProperty("hidden_act", "gelu");
    file.remove("vocab_size");

    assertThatThrownBy(() -> HubConfiguration.read(file.toString()))
        .hasMessage(
            "Invalid config.json: hidden_act is \"gelu\", must be \"silu\"; attention_bias is true,"
                + " must be false; vocab_size does not exist");
    for (String other : new String[] {"", "[]", "7", "{", "nothing"}) {
      assertThatThrownBy(() -> HubConfiguration.read(other))
          .isInstanceOf(InvalidModelException.class)
          .hasMessageStartingWith("Invalid config.json: ");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "false, 8, LlamaForCausalLM, llama",
    "true, 8, Qwen3ForCausalLM, qwen3",
    "false, 4, LlamaForCausalLM, llama",
    "true, 20, Qwen3ForCausalLM, qwen3"
  })
  void whatIsWrittenIsReadBack(
      boolean queryKeyNorm, int headWidth, String architecture, String modelType)
      throws InvalidModelException {
    GptConfiguration shape =
        new GptConfiguration(
            257, 3, 6, 2, headWidth, 48, 96, Mlp.SWIGLU, 80, queryKeyNorm, true, 5e5, 1e-5);
    String json =
        HubConfiguration.write(shape, WeightType.BF16, SpecialTokens.of(Tokenizers.byName("byte")));

    assertThat(HubConfiguration.read(json)).isEqualTo(shape);
    SpecialTokens without = SpecialTokens.of(CharacterTokenizer.ofText("abc"));
    JsonObject file = parse(json);
    assertThat(file.get("architectures").toString()).isEqualTo("[\"" + architecture + "\"]");
    assertThat(file.get("model_type").getAsString()).isEqualTo(modelType);
    assertThat(file.get("torch_dtype").getAsString()).isEqualTo("bfloat16");
    assertThat(file.get("head_dim").getAsInt()).isEqualTo(headWidth);
    assertThat(file.get("eos_token_id").getAsInt()).isEqualTo(256);
    assertThat(parse(HubConfiguration.write(shape, WeightType.F32, without)))
        .satisfies(none -> assertThat(none.get("bos_token_id").isJsonNull()).isTrue());
  }

  @Test
  void aSquaredReluIsNoneOfTheArchitectures() {
    GptConfiguration shape =
        new GptConfiguration(9, 1, 1, 1, 0, 4, 8, Mlp.SQUARED_RELU, 8, false, false, 1e4, 1e-5);

    assertThat(HubConfiguration.canExpress(Mlp.SQUARED_RELU)).isFalse();
    assertThatThrownBy(() -> HubConfiguration.architecture(shape))
        .hasMessage(
            "Cannot express a feed-forward part SQUARED_RELU as LlamaForCausalLM or"
                + " Qwen3ForCausalLM: must be SWIGLU");
  }

  private static JsonObject parse(String json) {
    return JsonParser.parseString(json).getAsJsonObject();
  }
}
