package normuon.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.withinPercentage;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import com.sun.jna.Function;
import com.sun.jna.NativeLibrary;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import normuon.model.GptConfiguration.Mlp;
import normuon.torch.TorchRuntime;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class ActivationMemoryTest {

  @Test
  void partsAreCountedByHand() {
    GptConfiguration shape = TinyModels.shape(2, Mlp.SWIGLU, true, false);

    ActivationMemory memory = ActivationMemory.of(shape, ComputeOptions.DEFAULT, 3, 5);

    int attention = 6 * 16 + 4 + 1 + 16 + 4 + 8 + 2;
    int mlp = 2 * 16 + 4 * 10 + 1;
    assertThat(memory.saved()).isEqualTo(4 * 15 * (16 + 2 * (attention + mlp)));
    assertThat(memory.loss()).isEqualTo(4 * 15 * (2 * 16 + 2 * 11));
    assertThat(memory.backward()).isEqualTo(4 * 15 * (16 + 3 * 16));
    assertThat(memory.peak()).isEqualTo(memory.saved() + memory.backward());
  }

  /** Queries, keys and values as the heads see them, and their mix, are 24 wide, not 16. */
  @Test
  void widerHeadsAreCountedByHand() {
    ActivationMemory memory =
        ActivationMemory.of(TinyModels.wideHeads(), ComputeOptions.DEFAULT, 3, 5);

    int attention = 2 * 16 + 4 * 24 + 4 + 1 + 24 + 4 + 12 + 2;
    int mlp = 2 * 16 + 4 * 10 + 1;
    assertThat(memory.saved()).isEqualTo(4 * 15 * (16 + 2 * (attention + mlp)));
    assertThat(memory.backward())
        .as("five arrays of attention less what the feed-forward part had kept")
        .isEqualTo(4 * 15 * (16 + Math.max(3 * 16, 5 * 24 - mlp)));
  }

  @Test
  void checkpointsInBfloat16AreCountedByHand() {
    GptConfiguration shape = TinyModels.shape(2, Mlp.SWIGLU, true, false);

    ActivationMemory memory =
        ActivationMemory.of(
            shape,
            new ComputeOptions(ComputePrecision.BF16, ActivationCheckpointing.BLOCKS, 4),
            3,
            5);

    int attention = 4 * (16 + 4 + 1 + 4 + 2) + 2 * (5 * 16 + 16 + 8);
    int mlpWithoutOutput = 4 + 2 * (16 + 4 * 10);
    int wideCopies = 4 * 8 * 16;
    assertThat(memory.saved()).as("two inputs, an output").isEqualTo(15 * 3 * 4 * 16);
    assertThat(memory.backward()).isEqualTo(15 * (attention + wideCopies));
    assertThat(memory.loss())
        .as("three wide arrays, which are more than a chunk of 4 tokens")
        .isEqualTo(15 * 3 * 4 * 16);
    assertThat(mlpWithoutOutput).as("free when attention comes").isLessThan(wideCopies);
  }

  /** Kept for all; but the loss, and the blocks' backward pass, are of one at a time. */
  @ParameterizedTest
  @EnumSource(ActivationCheckpointing.class)
  void microBatchesTogetherAreCountedByHand(ActivationCheckpointing checkpointing) {
    GptConfiguration shape = TinyModels.shape(2, Mlp.SWIGLU, true, false);
    ComputeOptions options = new ComputeOptions(ComputePrecision.F32, checkpointing, 0);
    ActivationMemory one = ActivationMemory.of(shape, options, 3, 5);

    ActivationMemory four = ActivationMemory.of(shape, options, 3, 5, 4);

    boolean keepsOutput = checkpointing == ActivationCheckpointing.NONE;
    long gradients = keepsOutput ? 3 * 4 * 15 * 16 : 0;
    assertThat(four.saved()).isEqualTo(4 * one.saved());
    assertThat(four.loss()).isEqualTo(one.loss() + gradients);
    assertThat(four.backward()).isEqualTo(one.backward() + gradients);
    assertThat(ActivationMemory.sampling(shape, options, 3, 5, 4))
        .as("three more outputs of the last block")
        .isEqualTo(ActivationMemory.sampling(shape, options, 3, 5) + 3 * 4 * 15 * 16);
  }

  @Test
  void logitsAreBoundedWhateverTheVocabulary() {
    for (int vocabulary : new int[] {65, 50_257, 1_000_000}) {
      long logits = 4 * ComputeOptions.DEFAULT.lossChunk(vocabulary) * vocabulary;
      assertThat(logits).as("%d tokens", vocabulary).isBetween(60L << 20, 64L << 20);
    }
    assertThat(ComputeOptions.DEFAULT.lossChunk(Integer.MAX_VALUE)).isEqualTo(1);
  }

  /**
   * Memory that is freed leaves the process only if the C library maps each array by itself, so
   * that arrays from 128 KiB up are made to.
   */
  @BeforeAll
  static void mapEveryArray() {
    setMappingThreshold(128 << 10);
  }

  @AfterAll
  static void mapLargeArraysOnly() {
    setMappingThreshold(32 << 20);
  }

  private static void setMappingThreshold(int bytes) {
    int mappingThreshold = -3; // M_MMAP_THRESHOLD of malloc.h
    Function mallopt = NativeLibrary.getInstance("c").getFunction("mallopt");
    assertThat(mallopt.invokeInt(new Object[] {mappingThreshold, bytes})).isEqualTo(1);
  }

  /** Against the peak of this process's resident memory over one real pass. */
  @ParameterizedTest
  @CsvSource({
    "SWIGLU, 8, 32, false, F32, NONE",
    "SWIGLU, 4, 32, true, BF16, NONE",
    "SWIGLU, 4, 32, true, BF16, BLOCKS",
    "SWIGLU, 4, 64, true, F32, NONE",
    "SWIGLU, 4, 64, true, BF16, NONE",
    "SWIGLU, 4, 16, false, F32, BLOCKS",
    "SQUARED_RELU, 8, 32, false, F32, BLOCKS",
    "SQUARED_RELU, 4, 32, true, F32, NONE",
    "SQUARED_RELU, 8, 32, false, BF16, BLOCKS"
  })
  void peakIsThatOfARealPass(
      Mlp mlp,
      int keyValueHeads,
      int headWidth,
      boolean queryKeyNorm,
      ComputePrecision precision,
      ActivationCheckpointing checkpointing)
      throws IOException {
    GptConfiguration shape =
        new GptConfiguration(
            1500,
            3,
            8,
            keyValueHeads,
            headWidth,
            256,
            512,
            mlp,
            768,
            queryKeyNorm,
            false,
            10_000,
            1e-6);
    assertPeak(shape, new ComputeOptions(precision, checkpointing, 0));
  }

  /** Full logits and their gradient would be 655 MB. */
  @ParameterizedTest
  @CsvSource({"F32, NONE, 0", "BF16, BLOCKS, 256"})
  void largeVocabulariesTakeTheMemoryOfAChunk(
      ComputePrecision precision, ActivationCheckpointing checkpointing, int chunk)
      throws IOException {
    GptConfiguration shape =
        new GptConfiguration(
            20_000, 2, 4, 4, 0, 128, 512, Mlp.SQUARED_RELU, 512, false, true, 10_000, 1e-6);
    ComputeOptions options = new ComputeOptions(precision, checkpointing, chunk);
    assertThat(ActivationMemory.of(shape, options, 8, 512).loss()).isLessThan(150L << 20);
    assertPeak(shape, options);
  }

  private static void assertPeak(GptConfiguration shape, ComputeOptions options)
      throws IOException {
    long predicted = ActivationMemory.of(shape, options, 8, 512).peak();
    try (NDManager manager = TorchRuntime.newManager();
        Gpt model = Gpt.create(manager, shape, options, 1)) {
      pass(model, 1, 16); // makes the gradients and what operators make once

      assertPeak(predicted, () -> pass(model, 8, 512));
    }
  }

  /** Four micro-batches, stage by stage. */
  @ParameterizedTest
  @CsvSource({"SWIGLU, F32, NONE", "SQUARED_RELU, F32, BLOCKS", "SWIGLU, BF16, BLOCKS"})
  void peakIsThatOfMicroBatchesTogether(
      Mlp mlp, ComputePrecision precision, ActivationCheckpointing checkpointing)
      throws IOException {
    GptConfiguration shape =
        new GptConfiguration(1500, 3, 8, 8, 0, 256, 512, mlp, 768, false, false, 10_000, 1e-6);
    ComputeOptions options = new ComputeOptions(precision, checkpointing, 0);
    try (NDManager manager = TorchRuntime.newManager();
        Gpt model = Gpt.create(manager, shape, options, 1)) {
      passTogether(model, 1, 16);

      assertPeak(
          ActivationMemory.of(shape, options, 3, 512, 4).peak(), () -> passTogether(model, 3, 512));
    }
  }

  private static void passTogether(Gpt model, int sequences, int length) {
    try (NDManager scope = model.newManager()) {
      NDArray ids = scope.zeros(new Shape(sequences, length), DataType.INT64);
      model.staged().accumulate(Collections.nCopies(4, new MicroBatch(ids, ids, 0.25)));
    }
  }

  @ParameterizedTest
  @CsvSource({"F32, 0", "BF16, 512"})
  void labelsAreDrawnInTheMemoryForetold(ComputePrecision precision, int chunk) throws IOException {
    GptConfiguration shape =
        new GptConfiguration(
            20_000, 1, 4, 4, 0, 64, 512, Mlp.SQUARED_RELU, 128, false, false, 10_000, 1e-6);
    ComputeOptions options = new ComputeOptions(precision, ActivationCheckpointing.NONE, chunk);
    try (NDManager manager = TorchRuntime.newManager();
        Gpt model = Gpt.create(manager, shape, options, 1)) {
      draw(model, 1, 16);

      assertPeak(ActivationMemory.sampling(shape, options, 4, 512), () -> draw(model, 4, 512));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "SWIGLU, 8, 32, false",
    "SWIGLU, 4, 32, true",
    "SQUARED_RELU, 4, 32, false",
    "SQUARED_RELU, 1, 128, false",
    "SQUARED_RELU, 8, 128, true"
  })
  void productsWithTheHessianTakeTheMemoryForetold(
      Mlp mlp, int keyValueHeads, int headWidth, boolean queryKeyNorm) throws IOException {
    GptConfiguration shape =
        new GptConfiguration(
            1500,
            3,
            8,
            keyValueHeads,
            headWidth,
            256,
            200,
            mlp,
            768,
            queryKeyNorm,
            false,
            10_000,
            1e-6);
    try (NDManager manager = TorchRuntime.newManager();
        Gpt model = Gpt.create(manager, shape, 1)) {
      List<NDArray> directions =
          model.parameters().stream().map(weight -> manager.ones(weight.getShape())).toList();
      multiply(model, directions, 1, 16);

      assertPeak(
          ActivationMemory.hessianProduct(shape, 5, 200),
          () -> multiply(model, directions, 5, 200));
    }
  }

  private static void multiply(Gpt model, List<NDArray> directions, int sequences, int length) {
    try (NDManager scope = model.newManager()) {
      NDArray ids = scope.zeros(new Shape(sequences, length), DataType.INT64);
      model.accumulateHessianProduct(ids, ids, directions, 1);
    }
  }

  private static void draw(Gpt model, int sequences, int length) {
    try (NDManager scope = model.newManager()) {
      Shape ids = new Shape(sequences, length);
      model.sampleTargets(scope.zeros(ids, DataType.INT64), scope.zeros(ids, DataType.FLOAT64));
    }
  }

  private static void pass(Gpt model, int sequences, int length) {
    try (NDManager scope = model.newManager()) {
      NDArray ids = scope.zeros(new Shape(sequences, length), DataType.INT64);
      model.accumulate(ids, ids, 1);
    }
  }

  /**
   * The median of five measurements where the first one is off: Java's own memory comes and goes
   * meanwhile, a few MB either way.
   */
  private static void assertPeak(long predicted, Runnable pass) throws IOException {
    List<Long> peaks = new ArrayList<>(List.of(peak(pass)));
    if (Math.abs(peaks.get(0) - predicted) > predicted / 10) {
      for (int i = 0; i < 4; i++) {
        peaks.add(peak(pass));
      }
    }
    Collections.sort(peaks);
    assertThat(peaks.get(peaks.size() / 2))
        .as("median of %s", peaks)
        .isCloseTo(predicted, withinPercentage(10));
  }

  private static long peak(Runnable pass) throws IOException {
    long before = resident("VmRSS");
    Files.writeString(Path.of("/proc/self/clear_refs"), "5"); // the peak starts anew
    pass.run();
    return resident("VmHWM") - before;
  }

  private static long resident(String field) throws IOException {
    return Files.readAllLines(Path.of("/proc/self/status")).stream()
            .filter(line -> line.startsWith(field))
            .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
            .findFirst()
            .orElseThrow()
        * 1024;
  }
}
