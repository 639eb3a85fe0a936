package normuon.model;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.Arrays;
import java.util.stream.Stream;
import normuon.torch.TorchRuntime;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Blocks that are computed again. */
class ActivationCheckpointingTest {

  static Stream<Arguments> variants() {
    return TinyModels.variants()
        .flatMap(
            shape ->
                Arrays.stream(ComputePrecision.values())
                    .map(precision -> Arguments.of(shape, precision)));
  }

  /** In several passes: TorchScript rewrites operators after the first. */
  @ParameterizedTest
  @MethodSource("variants")
  void gradientsHaveTheSameBits(GptConfiguration shape, ComputePrecision precision) {
    try (NDManager manager = TorchRuntime.newManager();
        Gpt kept = model(manager, shape, precision, ActivationCheckpointing.NONE);
        Gpt again = model(manager, shape, precision, ActivationCheckpointing.BLOCKS)) {
      for (int pass = 0; pass < 3; pass++) {
        NDArray ids = tokens(manager, shape, pass);
        NDArray targets = tokens(manager, shape, pass + 10);
        assertThat(again.accumulate(ids, targets, 0.5))
            .isEqualTo(kept.accumulate(ids, targets, 0.5));
        assertThat(Gradients.of(again)).usingRecursiveComparison().isEqualTo(Gradients.of(kept));
      }
    }
  }

  private static Gpt model(
      NDManager manager,
      GptConfiguration shape,
      ComputePrecision precision,
      ActivationCheckpointing checkpointing) {
    return Gpt.create(manager, shape, new ComputeOptions(precision, checkpointing, 0), 1);
  }

  private static NDArray tokens(NDManager manager, GptConfiguration shape, long seed) {
    long[] ids = TinyModels.tokens(24, shape.vocabularySize(), seed);
    return manager.create(ids, new Shape(3, 8)).duplicate();
  }
}
