package normuon.job.data;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import normuon.optimizer.shard.RowShard;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BatchSourceTest {

  private static final int CONTEXT = 4;
  private static final int SEQUENCES = 12;

  @TempDir private Path folder;

  private TokenSplit split;

  @BeforeEach
  void write() throws IOException {
    split = TestTokens.counting(folder, 1_000);
  }

  @Test
  void targetsAreTheTokensAfterTheInputs() {
    SampleOrder order = new SampleOrder(1_000, CONTEXT, 1);

    Batch batch = source(1, 0, 0).step(24).get(0);

    assertThat(batch.sequences()).isEqualTo(SEQUENCES);
    assertThat(batch.context()).isEqualTo(CONTEXT);
    long[] inputs = TestTokens.all(batch.inputs());
    assertThat(inputs).hasSize(SEQUENCES * CONTEXT);
    for (int i = 0; i < inputs.length; i++) {
      assertThat(inputs[i]).isEqualTo(order.position(24 + i / CONTEXT) + i % CONTEXT);
      assertThat(batch.targets().get(i)).isEqualTo(inputs[i] + 1);
    }
  }

  @Test
  void buffersAreWhatNativeCodeReads() {
    Batch batch = source(1, 0, 0).step(0).get(0);

    assertThat(batch.inputs().isDirect()).isTrue();
    assertThat(batch.targets().isDirect()).isTrue();
    assertThat(batch.inputs().order()).isEqualTo(ByteOrder.nativeOrder());
    assertThat(batch.inputs().position()).isZero();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 5, 12, 13})
  void allRanksTogetherSeeTheSameSequencesHoweverManyTheyAre(int worldSize) {
    long[] whole = TestTokens.all(source(1, 0, 0).step(240).get(0).inputs());

    List<Long> together = new ArrayList<>();
    for (int rank = 0; rank < worldSize; rank++) {
      for (Batch batch : source(worldSize, rank, 0).step(240)) {
        for (long token : TestTokens.all(batch.inputs())) {
          together.add(token);
        }
      }
    }

    assertThat(together.stream().mapToLong(Long::longValue).toArray()).isEqualTo(whole);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 100})
  void microBatchesAreTheShareInPieces(int microBatchSequences) {
    BatchSource whole = source(2, 1, 0);
    BatchSource pieces = source(2, 1, microBatchSequences);

    List<Batch> batches = pieces.step(36);

    assertThat(batches).hasSize(pieces.microBatches());
    assertThat(pieces.microBatches())
        .isEqualTo((6 + microBatchSequences - 1) / microBatchSequences);
    assertThat(batches.stream().mapToInt(Batch::sequences).sum()).isEqualTo(6);
    assertThat(batches).allMatch(batch -> batch.sequences() <= microBatchSequences);
    assertThat(
            batches.stream()
                .flatMapToLong(batch -> Arrays.stream(TestTokens.all(batch.targets())))
                .toArray())
        .isEqualTo(TestTokens.all(whole.step(36).get(0).targets()));
  }

  @Test
  void aRankWithoutASequenceHasNoBatch() {
    BatchSource source = source(13, 12, 0);

    assertThat(source.microBatches()).isZero();
    assertThat(source.step(0)).isEmpty();
  }

  @Test
  void anEpochEndsInTheMiddleOfAStep() {
    // 249 sequences make an epoch: the step from 240 takes 9 of it and 3 of the next.
    long[] inputs = TestTokens.all(source(1, 0, 0).step(240).get(0).inputs());
    SampleOrder order = new SampleOrder(1_000, CONTEXT, 1);

    assertThat(order.sequencesPerEpoch()).isEqualTo(249);
    assertThat(IntStream.range(0, SEQUENCES).mapToLong(i -> inputs[i * CONTEXT]))
        .containsExactlyElementsOf(
            IntStream.range(240, 252).mapToObj(i -> order.position(i)).toList());
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 5})
  void validationIsEveryWindowOnce(int worldSize) {
    List<Long> inputs = new ArrayList<>();
    List<Long> targets = new ArrayList<>();
    for (int rank = 0; rank < worldSize; rank++) {
      ValidationWindows windows = new ValidationWindows(split, 7, worldSize, rank);
      long seen = 0;
      for (Batch batch : windows.batches(10)) {
        assertThat(batch.sequences()).isBetween(1, 10);
        seen += batch.sequences();
        add(batch, inputs, targets);
      }
      assertThat(seen).isEqualTo(windows.windows());
    }

    // 999 targets make 142 windows of 7; 5 targets are left out.
    assertThat(inputs).isEqualTo(IntStream.range(0, 994).mapToObj(i -> (long) i).toList());
    assertThat(targets).isEqualTo(IntStream.range(1, 995).mapToObj(i -> (long) i).toList());
  }

  @Test
  void aSplitShorterThanAWindowHasNone() throws IOException {
    ValidationWindows windows = new ValidationWindows(TestTokens.counting(folder, 7), 7, 1, 0);

    assertThat(windows.windows()).isZero();
    assertThat(windows.batches(4)).isEmpty();
  }

  private static void add(Batch batch, List<Long> inputs, List<Long> targets) {
    for (int i = 0; i < batch.inputs().limit(); i++) {
      inputs.add(batch.inputs().get(i));
      targets.add(batch.targets().get(i));
    }
  }

  private BatchSource source(int worldSize, int rank, int microBatchSequences) {
    RowShard share = RowShard.of(SEQUENCES, worldSize, rank);
    return new BatchSource(
        List.of(new TokenMixture.Part(split, 1)), CONTEXT, 1, share, microBatchSequences);
  }
}
