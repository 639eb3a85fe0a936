package normuon.job.inference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import normuon.model.GptConfiguration;
import normuon.model.GptConfiguration.Mlp;
import normuon.model.HeldArrays;
import normuon.model.ModelStages;
import normuon.model.hub.WeightSource;
import normuon.torch.ParameterSpec;
import normuon.torch.TorchRuntime;
import org.apache.hadoop.fs.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StoredStagesTest {

  private static final Path FOLDER = new Path("file:/models/seven");

  private final NDManager manager = TorchRuntime.newManager();
  private final Numbers source = new Numbers();

  @AfterEach
  void closeArrays() {
    manager.close();
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void everyStageIsReadWheneverItIsNeeded(boolean tiedHead) {
    ModelStages stages = stages(tiedHead);
    try (StoredStages stored = new StoredStages(FOLDER, stages, source, manager)) {
      for (int pass = 0; pass < 3; pass++) {
        for (int stage = 0; stage < stages.count(); stage++) {
          if (stage + 1 < stages.count()) {
            stored.prefetch(stage + 1);
          }
          try (HeldArrays held = stored.acquire(stage)) {
            requireContent(stages.specs(stage), held.arrays());
            assertThat(manager.getManagedArrays().stream().mapToLong(NDArray::size).sum())
                .as("numbers in memory at stage %d", stage)
                .isLessThanOrEqualTo(largestTwo(stages) + largestParameter(stages));
          }
        }
      }
    }
  }

  @Test
  void withoutPrefetchingItIsTheSame() {
    ModelStages stages = stages(false);
    try (StoredStages stored = new StoredStages(FOLDER, stages, source, manager)) {
      for (int stage : new int[] {4, 1, 0, 3, 3, 2}) {
        try (HeldArrays held = stored.acquire(stage)) {
          requireContent(stages.specs(stage), held.arrays());
        }
      }
    }
  }

  @Test
  void blocksAreReadIntoTheArraysOfOneAnother() {
    ModelStages stages = stages(false);
    Set<NDArray> arrays = Collections.newSetFromMap(new IdentityHashMap<>());
    try (StoredStages stored = new StoredStages(FOLDER, stages, source, manager)) {
      for (int stage = 1; stage <= 3; stage++) {
        stored.prefetch(stage + 1);
        try (HeldArrays held = stored.acquire(stage)) {
          arrays.addAll(held.arrays());
        }
      }
    }
    assertThat(arrays).as("those of two blocks").hasSize(2 * stages.specs(1).size());
  }

  @Test
  void whatComesNextIsReadWhileAnotherStageIsHeld() {
    ModelStages stages = stages(false);
    try (StoredStages stored = new StoredStages(FOLDER, stages, source, manager);
        HeldArrays embedding = stored.acquire(0)) {
      stored.prefetch(1);
      stored.prefetch(1);

      String last = stages.specs(1).get(stages.specs(1).size() - 1).name();
      await().until(() -> source.read.contains(last));
      requireContent(stages.specs(0), embedding.arrays());
      source.read.clear();
      try (HeldArrays block = stored.acquire(1)) {
        requireContent(stages.specs(1), block.arrays());
      }
      assertThat(source.read).as("read a second time").isEmpty();
    }
  }

  @Test
  void aThirdStageWaitsUntilOneIsGivenBack() {
    ModelStages stages = stages(false);
    try (StoredStages stored = new StoredStages(FOLDER, stages, source, manager)) {
      HeldArrays first = stored.acquire(1);
      HeldArrays second = stored.acquire(2);
      stored.prefetch(3);
      assertThatThrownBy(() -> stored.acquire(4))
          .isInstanceOf(IllegalStateException.class)
          .hasMessage("Cannot acquire stage 4: 2 others are held, and must be given back first");
      requireContent(stages.specs(1), first.arrays());

      first.close();
      first.close();

      await().until(() -> source.read.contains("model.layers.2.mlp.down_proj.weight"));
      requireContent(stages.specs(2), second.arrays());
      second.close();
      try (HeldArrays third = stored.acquire(3)) {
        requireContent(stages.specs(3), third.arrays());
      }
    }
  }

  @Test
  void whatWasPrefetchedForNothingGivesWay() {
    ModelStages stages = stages(false);
    try (StoredStages stored = new StoredStages(FOLDER, stages, source, manager);
        HeldArrays block = stored.acquire(2)) {
      stored.prefetch(3);
      try (HeldArrays embedding = stored.acquire(0)) {
        requireContent(stages.specs(0), embedding.arrays());
      }
      requireContent(stages.specs(2), block.arrays());
    }
  }

  @Test
  void whatCannotBeReadIsSaidWhereItIsNeeded() {
    ModelStages stages = stages(false);
    try (StoredStages stored = new StoredStages(FOLDER, stages, source, manager)) {
      source.missing = "model.layers.1.self_attn.o_proj.weight";
      stored.prefetch(2);
      try (HeldArrays block = stored.acquire(1)) {
        requireContent(stages.specs(1), block.arrays());
      }
      assertThatThrownBy(() -> stored.acquire(2))
          .isInstanceOf(UncheckedIOException.class)
          .hasMessage(
              "Cannot read model.layers.1.self_attn.o_proj.weight of model file:/models/seven: rank-00000 does not exist");

      source.missing = null;
      try (HeldArrays block = stored.acquire(2)) {
        requireContent(stages.specs(2), block.arrays());
      }
    }
  }

  @Test
  void theThreadEndsEvenWhileItReads() throws InterruptedException {
    ModelStages stages = stages(false);
    StoredStages stored = new StoredStages(FOLDER, stages, source, manager);
    source.stalled = new CountDownLatch(1);
    stored.prefetch(1);
    stored.prefetch(2);
    assertThat(source.begun.await(10, TimeUnit.SECONDS)).isTrue();

    stored.close();

    assertThat(source.isClosed).isTrue();
    await()
        .untilAsserted(
            () ->
                assertThat(Thread.getAllStackTraces().keySet())
                    .noneMatch(thread -> thread.getName().equals("stage-reader")));
    assertThat(manager.getManagedArrays()).isEmpty();
  }

  private static ModelStages stages(boolean tiedHead) {
    return ModelStages.of(
        new GptConfiguration(11, 3, 2, 1, 0, 8, 16, Mlp.SWIGLU, 12, true, tiedHead, 10_000, 1e-6));
  }

  private static long largestTwo(ModelStages stages) {
    List<Long> sizes = new ArrayList<>();
    for (int stage = 0; stage < stages.count(); stage++) {
      sizes.add(stages.specs(stage).stream().mapToLong(ParameterSpec::elements).sum());
    }
    Collections.sort(sizes);
    return sizes.get(sizes.size() - 1) + sizes.get(sizes.size() - 2);
  }

  /** While a parameter is read another array may share its memory, and is counted, too. */
  private static long largestParameter(ModelStages stages) {
    return IntStream.range(0, stages.count())
        .boxed()
        .flatMap(stage -> stages.specs(stage).stream())
        .mapToLong(ParameterSpec::elements)
        .max()
        .orElseThrow();
  }

  private static void requireContent(List<ParameterSpec> specs, List<NDArray> arrays) {
    assertThat(arrays).hasSameSizeAs(specs);
    for (int i = 0; i < specs.size(); i++) {
      ParameterSpec spec = specs.get(i);
      assertThat(arrays.get(i).getShape().getShape()).as("%s", spec).isEqualTo(spec.shape());
      float[] expected = new float[(int) spec.elements()];
      for (int j = 0; j < expected.length; j++) {
        expected[j] = Numbers.value(spec.name(), j / spec.columns());
      }
      assertThat(arrays.get(i).toFloatArray()).as("%s", spec).isEqualTo(expected);
    }
  }

  /** Weights that their names and rows decide. */
  private static final class Numbers implements WeightSource {

    private final Set<String> read = ConcurrentHashMap.newKeySet();
    private final CountDownLatch begun = new CountDownLatch(1);
    private volatile String missing;
    private volatile CountDownLatch stalled = new CountDownLatch(0);
    private volatile boolean isClosed;

    static float value(String name, long row) {
      return name.hashCode() % 1000 + row / 100f;
    }

    @Override
    public void readRows(String name, long start, long end, ByteBuffer destination)
        throws IOException {
      begun.countDown();
      try {
        stalled.await();
      } catch (InterruptedException stopped) {
        throw new IOException("stopped", stopped);
      }
      if (name.equals(missing)) {
        throw new FileNotFoundException("rank-00000 does not exist");
      }
      long columns = destination.remaining() / Float.BYTES / (end - start);
      for (long row = start; row < end; row++) {
        for (long i = 0; i < columns; i++) {
          destination.putFloat(value(name, row));
        }
      }
      read.add(name);
    }

    @Override
    public void close() {
      isClosed = true;
    }
  }
}
