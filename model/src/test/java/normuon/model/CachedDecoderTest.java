package normuon.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import java.util.Arrays;
import java.util.Map;
import java.util.SplittableRandom;
import normuon.model.GptConfiguration.Mlp;
import normuon.torch.TorchRuntime;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Decoding with a cache against the model itself, which keeps nothing. */
class CachedDecoderTest {

  private static final double TOLERANCE = 1e-5;

  private NDManager manager;

  @BeforeEach
  void open() {
    manager = TorchRuntime.newManager();
  }

  @AfterEach
  void close() {
    manager.close();
  }

  @ParameterizedTest
  @MethodSource("normuon.model.TinyModels#variants")
  void theLogitsAreThoseOfTheModel(GptConfiguration shape) {
    int[] tokens = tokens(5 * shape.context(), shape.vocabularySize());
    try (Gpt model = model(shape);
        Decoder cached = Decoding.CACHED.open(model);
        Decoder uncached = Decoding.UNCACHED.open(model)) {
      for (int end = 3; end <= tokens.length; end++) {
        int start = ContextWindow.start(end, shape.context());
        assertThat(cached.logits(tokens, start, end))
            .as("after %d tokens", end)
            .containsExactly(uncached.logits(tokens, start, end), within((float) TOLERANCE));
      }
    }
  }

  @ParameterizedTest
  @MethodSource("normuon.model.TinyModels#variants")
  void theTokensAreThoseWithoutACachePastTheContextToo(GptConfiguration shape) {
    int[] prompt = tokens(3, shape.vocabularySize());
    SamplingOptions restricted = new SamplingOptions(0.9, 7, 0.8);
    try (Gpt model = model(shape)) {
      for (SamplingOptions options :
          new SamplingOptions[] {
            SamplingOptions.ofTemperature(0), SamplingOptions.ofTemperature(1), restricted
          }) {
        assertThat(sample(model, options, Decoding.CACHED, prompt))
            .as("%s", options)
            .hasSize(10 * shape.context())
            .isEqualTo(sample(model, options, Decoding.UNCACHED, prompt));
      }
    }
  }

  @Test
  void aCacheOfAnotherSequenceIsOfNoUse() {
    GptConfiguration shape = TinyModels.variants().findFirst().orElseThrow();
    int[] first = tokens(8, shape.vocabularySize());
    int[] second = first.clone();
    second[2] = (second[2] + 1) % shape.vocabularySize();
    try (Gpt model = model(shape);
        Decoder cached = Decoding.CACHED.open(model);
        Decoder uncached = Decoding.UNCACHED.open(model)) {
      for (int[] tokens : new int[][] {first, second, first, Arrays.copyOf(first, 5)}) {
        assertThat(cached.logits(tokens, 0, tokens.length))
            .containsExactly(uncached.logits(tokens, 0, tokens.length), within((float) TOLERANCE));
      }
    }
  }

  @Test
  void whatAFailureLeavesIsComputedAgain() {
    GptConfiguration shape = TinyModels.variants().findFirst().orElseThrow();
    int[] tokens = tokens(4, shape.vocabularySize());
    int[] unknown = tokens.clone();
    unknown[3] = shape.vocabularySize();
    try (Gpt model = model(shape);
        Decoder cached = Decoding.CACHED.open(model);
        Decoder uncached = Decoding.UNCACHED.open(model)) {
      assertThatThrownBy(() -> cached.logits(unknown, 0, unknown.length))
          .isInstanceOf(RuntimeException.class);

      assertThat(cached.logits(tokens, 0, tokens.length))
          .containsExactly(uncached.logits(tokens, 0, tokens.length), within((float) TOLERANCE));
    }
  }

  @Test
  void theCacheHasTheSizeThatItSays() {
    GptConfiguration shape = TinyModels.variants().findFirst().orElseThrow();
    try (NDManager owner = manager.newSubManager()) {
      KeyValueCache cache = new KeyValueCache(owner, shape, DataType.FLOAT32);
      cache.reserve(2);
      try (NDManager view = manager.newSubManager()) {
        long bytes = 0;
        for (int layer = 0; layer < shape.layers(); layer++) {
          for (NDArray array : cache.layer(layer).arrays(view)) {
            bytes += array.size() * Float.BYTES;
          }
        }
        assertThat(bytes).isEqualTo(KeyValueCache.bytes(shape));
      }
      cache.close();
      assertThat(owner.getManagedArrays().size()).as("arrays of a closed cache").isZero();
    }
  }

  @Test
  void aLongContextIsReservedAsItFills() {
    GptConfiguration shape =
        new GptConfiguration(11, 2, 4, 2, 0, 16, 200, Mlp.SWIGLU, 10, true, false, 100, 1e-3);
    int[] tokens = tokens(300, shape.vocabularySize());
    try (Gpt model = model(shape);
        Decoder cached = Decoding.CACHED.open(model);
        Decoder uncached = Decoding.UNCACHED.open(model)) {
      for (int end = 10; end <= tokens.length; end++) {
        int start = ContextWindow.start(end, shape.context());
        assertThat(cached.logits(tokens, start, end))
            .as("after %d tokens", end)
            .containsExactly(uncached.logits(tokens, start, end), within((float) TOLERANCE));
      }
    }
  }

  @Test
  void decodingLeavesNoArraysBehind() {
    GptConfiguration shape = TinyModels.variants().findFirst().orElseThrow();
    int[] prompt = tokens(2, shape.vocabularySize());
    try (Gpt model = model(shape)) {
      int before = manager.getManagedArrays().size();
      try (Sampler sampler =
          new Sampler(model, SamplingOptions.ofTemperature(1), Decoding.CACHED, 1)) {
        sampler.sample(prompt, 1);
        int open = manager.getManagedArrays().size();
        sampler.sample(prompt, 300);
        assertThat(manager.getManagedArrays().size()).isEqualTo(open);
      }
      assertThat(manager.getManagedArrays().size()).as("after closing").isEqualTo(before);
    }
  }

  private static int[] sample(Gpt model, SamplingOptions options, Decoding decoding, int[] prompt) {
    try (Sampler sampler = new Sampler(model, options, decoding, 17)) {
      return sampler.sample(prompt, 10 * model.configuration().context());
    }
  }

  private Gpt model(GptConfiguration shape) {
    Map<String, double[][]> weights = TinyModels.weights(shape, 5);
    return Gpt.of(manager, shape, TinyModels.float32(manager, Gpt.specs(shape), weights::get));
  }

  private static int[] tokens(int count, int vocabulary) {
    return new SplittableRandom(9).ints(count, 0, vocabulary).toArray();
  }
}
