package normuon.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import normuon.model.GptConfiguration.Mlp;
import normuon.torch.TorchRuntime;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Sampling against the model's own logits. */
class SamplerTest {

  private static final GptConfiguration SHAPE = TinyModels.shape(2, Mlp.SWIGLU, true, false);

  private NDManager manager;
  private Gpt model;

  @BeforeEach
  void open() {
    manager = TorchRuntime.newManager();
    Map<String, double[][]> weights = TinyModels.weights(SHAPE, 5);
    model = Gpt.of(manager, SHAPE, TinyModels.float32(manager, Gpt.specs(SHAPE), weights::get));
  }

  @AfterEach
  void close() {
    model.close();
    manager.close();
  }

  @Test
  void temperatureZeroTakesTheLikeliestTokenOfAWindowThatIsHalvedWhenFull() {
    int[] tokens = {1, 2, 3};
    int[] sampled = sample(0, 1, tokens, 20);
    assertThat(sampled).hasSize(20);
    // Of 8 tokens of context, the older 4 are dropped whenever they are full.
    int start = 0;
    for (int token : sampled) {
      start += tokens.length - start > SHAPE.context() ? SHAPE.context() / 2 : 0;
      int[] window = Arrays.copyOfRange(tokens, start, tokens.length);
      assertThat(token).isEqualTo(likeliest(lastLogits(window)));
      tokens = Arrays.copyOf(tokens, tokens.length + 1);
      tokens[tokens.length - 1] = token;
    }
  }

  @Test
  void drawsFromTheTemperedDistribution() {
    int[] prompt = {4, 7, 9, 0};
    double temperature = 0.7;
    float[] logits = lastLogits(prompt);
    double[] probabilities = new double[logits.length];
    double total = 0;
    for (int i = 0; i < logits.length; i++) {
      probabilities[i] = Math.exp(logits[i] / temperature);
      total += probabilities[i];
    }
    int draws = 4000;
    int[] counts = new int[logits.length];
    try (Sampler sampler = sampler(temperature, 11)) {
      for (int i = 0; i < draws; i++) {
        counts[sampler.sample(prompt, 1)[0]]++;
      }
    }
    for (int i = 0; i < logits.length; i++) {
      double p = probabilities[i] / total;
      // Five standard deviations.
      assertThat(counts[i] / (double) draws)
          .isCloseTo(p, within(5 * Math.sqrt(p * (1 - p) / draws)));
    }
  }

  @Test
  void theSeedDecides() {
    int[] prompt = {1};
    int[] first = sample(1, 3, prompt, 40);
    assertThat(sample(1, 3, prompt, 40)).isEqualTo(first);
    assertThat(sample(1, 4, prompt, 40)).isNotEqualTo(first);
  }

  @Test
  void whoeverWantsNoMoreGetsNoMore() {
    List<Integer> drawn = new ArrayList<>();
    try (Sampler sampler = sampler(1, 3)) {
      sampler.sample(
          new int[] {1},
          40,
          token -> {
            drawn.add(token);
            return drawn.size() < 5;
          });
    }
    int[] all = sample(1, 3, new int[] {1}, 40);
    assertThat(drawn).containsExactlyElementsOf(Arrays.stream(all).limit(5).boxed().toList());
  }

  @Test
  void theMostMayBeAnyNumber() {
    int[] drawn = {0};
    try (Sampler sampler = sampler(1, 3)) {
      sampler.sample(new int[] {1, 2}, Integer.MAX_VALUE, token -> ++drawn[0] < 100);
    }
    assertThat(drawn[0]).isEqualTo(100);
  }

  @Test
  void tokensThatTheTokenizerLacksAreNotDrawn() {
    SamplingOptions options = SamplingOptions.ofTemperature(5);
    try (Sampler some = new Sampler(model, 6, options, Decoding.CACHED, 1);
        Sampler all = new Sampler(model, options, Decoding.CACHED, 1)) {
      assertThat(some.sample(new int[] {1}, 200)).contains(5).doesNotContain(6, 7, 8, 9, 10);
      assertThat(all.sample(new int[] {1}, 200)).contains(6, 10);
    }
  }

  @Test
  void refusesAnEmptyPrompt() {
    assertThatThrownBy(() -> sample(1, 1, new int[0], 1))
        .hasMessage("Invalid prompt of 0 tokens: must have at least 1");
  }

  private int[] sample(double temperature, long seed, int[] prompt, int count) {
    try (Sampler sampler = sampler(temperature, seed)) {
      return sampler.sample(prompt, count);
    }
  }

  private Sampler sampler(double temperature, long seed) {
    return new Sampler(model, SamplingOptions.ofTemperature(temperature), Decoding.CACHED, seed);
  }

  private float[] lastLogits(int[] window) {
    long[] ids = Arrays.stream(window).asLongStream().toArray();
    float[] all = model.logits(manager.create(ids, new Shape(1, ids.length))).toFloatArray();
    return Arrays.copyOfRange(all, all.length - SHAPE.vocabularySize(), all.length);
  }

  private static int likeliest(float[] logits) {
    int best = 0;
    for (int i = 1; i < logits.length; i++) {
      best = logits[i] > logits[best] ? i : best;
    }
    return best;
  }
}
