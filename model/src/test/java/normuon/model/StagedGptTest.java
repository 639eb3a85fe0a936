package normuon.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import normuon.model.GptConfiguration.Mlp;
import normuon.torch.TorchRuntime;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A model that borrows its weights against one that has them. */
class StagedGptTest {

  private static final GptConfiguration SHAPE = TinyModels.shape(2, Mlp.SWIGLU, true, false);

  private NDManager manager;

  @BeforeEach
  void open() {
    manager = TorchRuntime.newManager();
  }

  @AfterEach
  void close() {
    manager.close();
  }

  static Stream<Arguments> variants() {
    return TinyModels.variants()
        .flatMap(
            shape ->
                Arrays.stream(ComputePrecision.values())
                    .flatMap(
                        precision ->
                            Arrays.stream(ActivationCheckpointing.values())
                                .map(kept -> Arguments.of(shape, precision, kept))));
  }

  /** Micro-batches of one, two and three sequences, and lengths that differ. */
  @ParameterizedTest
  @MethodSource("variants")
  void lossesAndGradientsHaveTheBitsOfTheResidentModel(
      GptConfiguration shape, ComputePrecision precision, ActivationCheckpointing checkpointing) {
    ComputeOptions options = new ComputeOptions(precision, checkpointing, 0);
    try (Gpt resident = Gpt.create(manager, shape, options, 1)) {
      LentStages lent = new LentStages(manager, resident);
      try (StagedGpt staged = StagedGpt.borrowing(manager, shape, options, lent, lent.sums())) {
        for (int pass = 0; pass < 3; pass++) {
          List<MicroBatch> batches = batches(shape, pass);
          assertSamePasses(staged, resident, batches);
          assertSameGradients(staged, resident, batches);
          assertThat(lent.gradients(shape))
              .as("gradients of pass %d", pass)
              .usingRecursiveComparison()
              .isEqualTo(Gradients.of(resident));
          assertThat(lent.held()).as("held after the pass").isEmpty();
        }
      }
    }
  }

  private void assertSamePasses(StagedGpt staged, Gpt resident, List<MicroBatch> batches) {
    List<Double> losses = staged.losses(batches);
    List<NDArray> uniforms = batches.stream().map(batch -> uniforms(batch.ids())).toList();
    List<NDArray> drawn =
        staged.sampleTargets(batches.stream().map(MicroBatch::ids).toList(), uniforms);
    for (int i = 0; i < batches.size(); i++) {
      MicroBatch batch = batches.get(i);
      double expected = resident.loss(batch.ids(), batch.targets()).getFloat();
      assertThat(losses.get(i)).isEqualTo(expected);
      assertThat((double) staged.loss(batch.ids(), batch.targets()).getFloat()).isEqualTo(expected);
      assertThat(drawn.get(i).toLongArray())
          .isEqualTo(resident.sampleTargets(batch.ids(), uniforms.get(i)).toLongArray());
      assertThat(staged.logits(batch.ids()).toFloatArray())
          .isEqualTo(resident.logits(batch.ids()).toFloatArray());
    }
  }

  /** A tied head's sums have the resident model's order only where that goes breadth-first too. */
  private static void assertSameGradients(
      StagedGpt staged, Gpt resident, List<MicroBatch> batches) {
    double loss = staged.accumulate(batches);
    if (resident.configuration().tiedHead()) {
      assertThat(resident.staged().accumulate(batches)).isEqualTo(loss);
      return;
    }
    double expected = 0;
    for (MicroBatch batch : batches) {
      expected +=
          batch.weight() * resident.accumulate(batch.ids(), batch.targets(), batch.weight());
    }
    assertThat(loss).isEqualTo(expected);
  }

  @ParameterizedTest
  @EnumSource(ComputePrecision.class)
  void tiedHeadsDifferFromOneByOneByRoundingAlone(ComputePrecision precision) {
    GptConfiguration shape = TinyModels.shape(2, Mlp.SWIGLU, false, true);
    ComputeOptions options = new ComputeOptions(precision, ActivationCheckpointing.NONE, 0);
    List<MicroBatch> batches = batches(shape, 7);
    try (Gpt depthFirst = Gpt.create(manager, shape, options, 1);
        Gpt breadthFirst = Gpt.create(manager, shape, options, 1)) {
      batches.forEach(each -> depthFirst.accumulate(each.ids(), each.targets(), each.weight()));
      breadthFirst.staged().accumulate(batches);
      assertThat(Gradients.distance(breadthFirst, depthFirst)).isLessThan(1e-6);

      depthFirst.zeroGradients();
      breadthFirst.zeroGradients();
      MicroBatch one = batches.get(0);
      depthFirst.accumulate(one.ids(), one.targets(), one.weight());
      breadthFirst.staged().accumulate(List.of(one));
      assertThat(Gradients.of(breadthFirst))
          .as("of a single micro-batch")
          .usingRecursiveComparison()
          .isEqualTo(Gradients.of(depthFirst));
    }
  }

  /** Two blocks are the stages 1 and 2, between the embedding, 0, and the output, 3. */
  @ParameterizedTest
  @ValueSource(ints = {0, 1, 3})
  void stagesAreBorrowedOnceEachWayHoweverManyMicroBatches(int count) {
    try (Gpt resident = Gpt.create(manager, SHAPE, 1)) {
      LentStages lent = new LentStages(manager, resident);
      List<MicroBatch> batches = batches(SHAPE, 1).subList(0, count);
      try (StagedGpt staged =
          StagedGpt.borrowing(manager, SHAPE, ComputeOptions.DEFAULT, lent, lent.sums())) {
        staged.accumulate(batches);
        String forward = "p0 p1 w0 -w0 p2 w1 -w1 p3 w2 -w2 ";
        assertThat(String.join(" ", lent.events))
            .isEqualTo(forward + "p2 w3 g3 -g3 -w3 p1 w2 g2 -g2 -w2 w1 g1 -g1 -w1 g0 -g0");

        lent.events.clear();
        assertThat(staged.losses(batches)).hasSize(count);
        assertThat(String.join(" ", lent.events)).isEqualTo(forward + "w3 -w3");
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"w0", "w1", "p3", "w2", "w3", "g3", "p1", "g2", "w1", "g1", "g0"})
  void whatWasBorrowedIsGivenBackWhenAStageFails(String event) {
    try (Gpt resident = Gpt.create(manager, SHAPE, 1)) {
      LentStages lent = new LentStages(manager, resident);
      lent.failAt(event);
      try (StagedGpt staged =
          StagedGpt.borrowing(manager, SHAPE, ComputeOptions.DEFAULT, lent, lent.sums())) {
        assertThatThrownBy(() -> staged.accumulate(batches(SHAPE, 1)))
            .isInstanceOf(IllegalStateException.class)
            .hasMessage("Cannot lend " + event);
        assertThat(lent.held()).isEmpty();
      }
    }
  }

  @Test
  void whatWasBorrowedIsGivenBackWhenAnOperatorFails() {
    try (Gpt resident = Gpt.create(manager, SHAPE, 1)) {
      LentStages lent = new LentStages(manager, resident);
      NDArray ids = array(SHAPE, 2, 8, 1);
      NDArray unknown = ids.add(SHAPE.vocabularySize());
      try (StagedGpt staged =
          StagedGpt.borrowing(manager, SHAPE, ComputeOptions.DEFAULT, lent, lent.sums())) {
        List<MicroBatch> inEmbedding = List.of(new MicroBatch(unknown, ids, 1));
        assertThatThrownBy(() -> staged.losses(inEmbedding)).isInstanceOf(RuntimeException.class);
        assertThat(lent.events).endsWith("-w0");
        assertThat(lent.held()).isEmpty();
      }
      LentStages again = new LentStages(manager, resident);
      try (StagedGpt staged =
          StagedGpt.borrowing(manager, SHAPE, ComputeOptions.DEFAULT, again, again.sums())) {
        List<MicroBatch> inHead = List.of(new MicroBatch(ids, unknown, 1));
        assertThatThrownBy(() -> staged.accumulate(inHead)).isInstanceOf(RuntimeException.class);
        assertThat(again.events).endsWith("-g3", "-w3");
        assertThat(again.held()).isEmpty();
      }
    }
  }

  @Test
  void passesLeaveNoArraysBehind() {
    try (Gpt resident = Gpt.create(manager, SHAPE, 1)) {
      LentStages lent = new LentStages(manager, resident);
      try (NDManager own = TorchRuntime.newManager();
          StagedGpt staged =
              StagedGpt.borrowing(own, SHAPE, ComputeOptions.DEFAULT, lent, lent.sums())) {
        List<MicroBatch> batches = batches(SHAPE, 1);
        staged.accumulate(batches);
        int before = own.getManagedArrays().size();
        staged.accumulate(batches);
        staged.losses(batches);
        assertThat(own.getManagedArrays().size()).isEqualTo(before);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Decoding.class)
  void borrowedWeightsGenerateTheSameTokens(Decoding decoding) {
    SamplingOptions options = SamplingOptions.ofTemperature(1);
    int[] prompt = new SplittableRandom(9).ints(4, 0, SHAPE.vocabularySize()).toArray();
    try (Gpt resident = Gpt.create(manager, SHAPE, 1)) {
      LentStages lent = new LentStages(manager, resident);
      try (StagedGpt staged = StagedGpt.borrowing(manager, SHAPE, ComputeOptions.DEFAULT, lent);
          Sampler borrowing = new Sampler(staged, 11, options, decoding, 17);
          Sampler owning = new Sampler(resident, 11, options, decoding, 17)) {
        assertThat(borrowing.sample(prompt, 30)).isEqualTo(owning.sample(prompt, 30));
        assertThat(lent.held()).isEmpty();
      }
    }
  }

  /** A cached decoder computes in float32, whatever the model's products are in. */
  @Test
  void cachesDecodeWithTheBorrowedWeightsAsTheyAre() {
    ComputeOptions narrow =
        new ComputeOptions(ComputePrecision.BF16, ActivationCheckpointing.NONE, 0);
    int[] tokens = {1, 2, 3, 4, 5};
    try (Gpt resident = Gpt.create(manager, SHAPE, 1)) {
      LentStages lent = new LentStages(manager, resident);
      try (StagedGpt staged = StagedGpt.borrowing(manager, SHAPE, narrow, lent);
          Decoder borrowing = Decoding.CACHED.open(staged);
          Decoder owning = Decoding.CACHED.open(resident)) {
        for (int end = 3; end <= tokens.length; end++) {
          assertThat(borrowing.logits(tokens, 0, end)).isEqualTo(owning.logits(tokens, 0, end));
        }
      }
    }
  }

  @Test
  void gradientsMustHaveBeenLent() {
    try (Gpt resident = Gpt.create(manager, SHAPE, 1)) {
      LentStages lent = new LentStages(manager, resident);
      try (StagedGpt staged = StagedGpt.borrowing(manager, SHAPE, ComputeOptions.DEFAULT, lent)) {
        assertThatThrownBy(() -> staged.accumulate(batches(SHAPE, 1)))
            .isInstanceOf(IllegalStateException.class)
            .hasMessage("Cannot accumulate gradients: the model was opened without them");
        assertThat(lent.held()).isEmpty();
      }
    }
  }

  /** PyTorch would multiply whatever fits. */
  @Test
  void otherArraysThanTheStagesAreRefused() {
    GptConfiguration wider = TinyModels.wideHeads();
    try (Gpt resident = Gpt.create(manager, SHAPE, 1)) {
      LentStages lent = new LentStages(manager, resident);
      try (StagedGpt staged = StagedGpt.borrowing(manager, wider, ComputeOptions.DEFAULT, lent)) {
        NDArray ids = array(SHAPE, 1, 8, 1);
        assertThatThrownBy(() -> staged.logits(ids))
            .isInstanceOf(IllegalArgumentException.class)
            .hasMessage(
                "Invalid array float32 (16, 16) for model.layers.0.self_attn.q_proj.weight:"
                    + " must be float32 (24, 16)");
        assertThat(lent.held()).isEmpty();
      }
    }
  }

  private List<MicroBatch> batches(GptConfiguration shape, long seed) {
    List<MicroBatch> batches = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      NDArray ids = array(shape, i + 1, 8 - i, seed * 10 + i);
      NDArray targets = array(shape, i + 1, 8 - i, seed * 10 + i + 100);
      batches.add(new MicroBatch(ids, targets, (i + 1) / 6.0));
    }
    return batches;
  }

  private NDArray array(GptConfiguration shape, int sequences, int length, long seed) {
    long[] ids = TinyModels.tokens(sequences * length, shape.vocabularySize(), seed);
    return manager.create(ids, new Shape(sequences, length)).duplicate();
  }

  private NDArray uniforms(NDArray ids) {
    double[] values =
        IntStream.range(0, (int) ids.size()).mapToDouble(i -> (i + 0.5) / ids.size()).toArray();
    return manager.create(values, ids.getShape()).duplicate();
  }
}
