package normuon.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.List;
import normuon.model.GptConfiguration.Mlp;
import normuon.torch.TorchRuntime;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Matrix products in bfloat16 against the same model in float32. */
class Bfloat16Test {

  private static final ComputeOptions BF16 =
      new ComputeOptions(ComputePrecision.BF16, ActivationCheckpointing.NONE, 0);

  private static final GptConfiguration SHAPE =
      new GptConfiguration(65, 3, 4, 2, 0, 64, 32, Mlp.SWIGLU, 96, true, false, 10000, 1e-6);

  private NDManager manager;

  @BeforeEach
  void open() {
    manager = TorchRuntime.newManager();
  }

  @AfterEach
  void close() {
    manager.close();
  }

  /** A product's relative rounding error is 2^-9; these have some ten in a row. */
  @ParameterizedTest
  @MethodSource("normuon.model.TinyModels#variants")
  void lossAndGradientsAreThoseOfFloat32UpToRounding(GptConfiguration shape) {
    try (Gpt wide = Gpt.create(manager, shape, 1);
        Gpt narrow = Gpt.create(manager, shape, BF16, 1)) {
      NDArray ids = tokens(shape, 3, 8, 1);
      NDArray targets = tokens(shape, 3, 8, 2);

      double expected = wide.accumulate(ids, targets, 0.5);
      double loss = narrow.accumulate(ids, targets, 0.5);

      assertThat(loss).isCloseTo(expected, within(1e-3)).isNotEqualTo(expected);
      assertThat((double) narrow.loss(ids, targets).getFloat()).isCloseTo(loss, within(1e-6));
      assertThat(Gradients.distance(narrow, wide)).isBetween(1e-4, 3e-2);
    }
  }

  @Test
  void arraysOutsideAreFloat32() {
    try (Gpt model = Gpt.create(manager, SHAPE, BF16, 1)) {
      NDArray ids = tokens(SHAPE, 2, 32, 1);
      model.accumulate(ids, ids, 1);
      assertThat(model.parameters()).allSatisfy(Bfloat16Test::assertFloat32);
      assertThat(model.gradients()).allSatisfy(Bfloat16Test::assertFloat32);
      assertFloat32(model.logits(ids));
      assertFloat32(model.loss(ids, ids));
    }
  }

  private static void assertFloat32(NDArray array) {
    assertThat(array.getDataType()).isEqualTo(DataType.FLOAT32);
  }

  @Test
  void changedWeightsAreUsedOnceTheModelIsTold() {
    try (Gpt model = Gpt.create(manager, SHAPE, BF16, 1);
        Gpt other = Gpt.create(manager, SHAPE, BF16, 2)) {
      NDArray ids = tokens(SHAPE, 2, 32, 1);
      model.accumulate(ids, ids, 1);
      for (int i = 0; i < model.parameters().size(); i++) {
        other.parameters().get(i).copyTo(model.parameters().get(i));
      }
      model.weightsChanged();
      model.zeroGradients();
      assertThat(model.accumulate(ids, ids, 1)).isEqualTo(other.accumulate(ids, ids, 1));
      assertThat(Gradients.of(model)).usingRecursiveComparison().isEqualTo(Gradients.of(other));
      assertThat(model.logits(ids).toFloatArray()).isEqualTo(other.logits(ids).toFloatArray());
    }
  }

  @Test
  void productsWithTheHessianAreThoseOfFloat32() {
    try (Gpt wide = Gpt.create(manager, SHAPE, 1);
        Gpt narrow = Gpt.create(manager, SHAPE, BF16, 1)) {
      NDArray ids = tokens(SHAPE, 2, 16, 1);
      List<NDArray> directions =
          wide.parameters().stream().map(weight -> manager.ones(weight.getShape())).toList();
      wide.accumulateHessianProduct(ids, ids, directions, 1);
      narrow.accumulateHessianProduct(ids, ids, directions, 1);
      assertThat(Gradients.of(narrow)).usingRecursiveComparison().isEqualTo(Gradients.of(wide));
    }
  }

  @Test
  void trainingDescendsAsInFloat32AndRepeatsToTheBit() {
    double wide = descend(ComputeOptions.DEFAULT);
    double narrow = descend(BF16);

    assertThat(narrow).isCloseTo(wide, within(0.01)).isLessThan(3.5);
    assertThat(descend(BF16)).isEqualTo(narrow);
  }

  /** Twelve steps of gradient descent on one batch: the loss then, from about 4.2. */
  private double descend(ComputeOptions options) {
    try (Gpt model = Gpt.create(manager, SHAPE, options, 1)) {
      NDArray ids = tokens(SHAPE, 3, 32, 1);
      for (int step = 0; step < 12; step++) {
        model.zeroGradients();
        model.accumulate(ids, ids, 1);
        for (int i = 0; i < model.parameters().size(); i++) {
          try (NDArray change = model.gradients().get(i).mul(-0.2f)) {
            model.parameters().get(i).addi(change);
          }
        }
        model.weightsChanged();
      }
      return model.loss(ids, ids).getFloat();
    }
  }

  private NDArray tokens(GptConfiguration shape, int sequences, int length, long seed) {
    long[] ids = TinyModels.tokens(sequences * length, shape.vocabularySize(), seed);
    return manager.create(ids, new Shape(sequences, length)).duplicate();
  }
}
