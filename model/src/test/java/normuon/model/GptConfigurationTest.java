package normuon.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import normuon.model.GptConfiguration.Mlp;
import normuon.torch.ParameterSpec;
import normuon.torch.Role;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Shapes that are allowed, and the parameters they lead to. */
class GptConfigurationTest {

  private static final int WIDTH = 128;

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          3  | 3 | 64 | 344 | 10000 | 1e-6 | Invalid model.heads 3: must divide model.width 128 where model.head_width is 0
          128| 1 | 64 | 344 | 10000 | 1e-6 | Invalid model.heads 128: must leave every head an even share of model.width 128, not 1
          4  | 3 | 64 | 344 | 10000 | 1e-6 | Invalid model.key_value_heads 3: must divide model.heads 4
          4  | 0 | 64 | 344 | 10000 | 1e-6 | Invalid model.key_value_heads 0: must be at least 1
          4  | 4 | 0  | 344 | 10000 | 1e-6 | Invalid model.context 0: must be at least 1
          4  | 4 | 64 | -1  | 10000 | 1e-6 | Invalid model.mlp_width -1: must be at least 1
          4  | 4 | 64 | 344 | 1     | 1e-6 | Invalid model.rotary_base 1.0: must be greater than 1
          4  | 4 | 64 | 344 | 10000 | 0    | Invalid model.norm_epsilon 0.0: must be between 0 and 1
          """)
  void saysWhatIsWrong(
      int heads,
      int keyValueHeads,
      int context,
      int mlpWidth,
      double rotaryBase,
      double normEpsilon,
      String message) {
    assertThatThrownBy(
            () ->
                new GptConfiguration(
                    65,
                    4,
                    heads,
                    keyValueHeads,
                    0,
                    WIDTH,
                    context,
                    Mlp.SWIGLU,
                    mlpWidth,
                    false,
                    false,
                    rotaryBase,
                    normEpsilon))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(message);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          -2        | Invalid model.head_width -2: must be at least 0
          7         | Invalid model.head_width 7: must be even
          536870912 | Invalid model.head_width 536870912: must be at most 2147483647 / model.heads 4
          """)
  void headsMayBeAsWideAsAnArrayHasRoom(int headWidth, String message) {
    assertThatThrownBy(
            () ->
                new GptConfiguration(
                    65, 1, 4, 4, headWidth, WIDTH, 64, Mlp.SWIGLU, 344, false, false, 1e4, 1e-6))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(message);
  }

  @Test
  void headsThatShareTheWidthAreTheSameHoweverTheyAreGiven() {
    GptConfiguration derived =
        new GptConfiguration(65, 1, 4, 2, 0, WIDTH, 64, Mlp.SWIGLU, 344, false, false, 1e4, 1e-6);
    assertThat(derived.headWidth()).isEqualTo(32);
    assertThat(derived)
        .isEqualTo(
            new GptConfiguration(
                65, 1, 4, 2, 32, WIDTH, 64, Mlp.SWIGLU, 344, false, false, 1e4, 1e-6));
  }

  /** Shapes of the published Qwen3-0.6B, and the number of weights that its card states. */
  @Test
  void headsMayHaveAWidthOfTheirOwn() {
    GptConfiguration shape =
        new GptConfiguration(
            151_936, 28, 16, 8, 128, 1_024, 40_960, Mlp.SWIGLU, 3_072, true, true, 1e6, 1e-6);
    List<ParameterSpec> specs = Gpt.specs(shape);
    assertThat(specs)
        .contains(
            spec("model.layers.0.self_attn.q_proj", Role.MATRIX, 2048, 1024),
            spec("model.layers.0.self_attn.k_proj", Role.MATRIX, 1024, 1024),
            spec("model.layers.0.self_attn.v_proj", Role.MATRIX, 1024, 1024),
            spec("model.layers.0.self_attn.o_proj", Role.MATRIX, 1024, 2048),
            spec("model.layers.0.self_attn.q_norm", Role.VECTOR, 128));
    long embedding = 151_936L * 1_024;
    assertThat(specs.stream().mapToLong(ParameterSpec::elements).sum() - embedding)
        .as("0.44 billion beside the embedding")
        .isEqualTo(440_467_456);
  }

  @Test
  void countsTheParametersOfTheReferenceModel() {
    GptConfiguration shape =
        new GptConfiguration(65, 4, 4, 4, 0, WIDTH, 64, Mlp.SWIGLU, 344, false, false, 10000, 1e-6);
    assertThat(Gpt.specs(shape).stream().mapToLong(ParameterSpec::elements).sum())
        .isEqualTo(808_320);
  }

  @Test
  void namesParametersAsLlamaDoes() {
    GptConfiguration shape =
        new GptConfiguration(65, 1, 4, 2, 0, WIDTH, 64, Mlp.SWIGLU, 344, false, false, 10000, 1e-6);
    assertThat(Gpt.specs(shape))
        .containsExactly(
            spec("model.embed_tokens", Role.EMBEDDING, 65, 128),
            spec("model.layers.0.input_layernorm", Role.VECTOR, 128),
            spec("model.layers.0.self_attn.q_proj", Role.MATRIX, 128, 128),
            spec("model.layers.0.self_attn.k_proj", Role.MATRIX, 64, 128),
            spec("model.layers.0.self_attn.v_proj", Role.MATRIX, 64, 128),
            spec("model.layers.0.self_attn.o_proj", Role.MATRIX, 128, 128),
            spec("model.layers.0.post_attention_layernorm", Role.VECTOR, 128),
            spec("model.layers.0.mlp.gate_proj", Role.MATRIX, 344, 128),
            spec("model.layers.0.mlp.up_proj", Role.MATRIX, 344, 128),
            spec("model.layers.0.mlp.down_proj", Role.MATRIX, 128, 344),
            spec("model.norm", Role.VECTOR, 128),
            spec("lm_head", Role.HEAD, 65, 128));
  }

  @Test
  void namesNormalizedHeadsAsQwen3DoesAndOmitsWhatAModelLacks() {
    GptConfiguration shape =
        new GptConfiguration(
            65, 2, 4, 2, 0, WIDTH, 64, Mlp.SQUARED_RELU, 512, true, true, 10000, 1e-6);
    List<ParameterSpec> specs = Gpt.specs(shape);
    assertThat(specs)
        .contains(
            spec("model.layers.1.self_attn.q_norm", Role.VECTOR, 32),
            spec("model.layers.1.self_attn.k_norm", Role.VECTOR, 32),
            spec("model.layers.1.mlp.up_proj", Role.MATRIX, 512, 128));
    assertThat(specs)
        .extracting(ParameterSpec::name)
        .noneMatch(name -> name.contains("gate_proj") || name.contains("lm_head"))
        .doesNotHaveDuplicates()
        .endsWith("model.norm.weight");
  }

  private static ParameterSpec spec(String module, Role role, long... shape) {
    return new ParameterSpec(module + ".weight", shape, role);
  }
}
