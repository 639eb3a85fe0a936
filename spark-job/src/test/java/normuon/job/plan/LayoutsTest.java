package normuon.job.plan;

import static org.assertj.core.api.Assertions.assertThat;

import normuon.job.config.RunConfiguration;
import org.junit.jupiter.api.Test;

class LayoutsTest {

  /** Of width 8: q, k, v, o of 8×8, up and down of 32×8 and 8×32; vocabulary 10. */
  private static final String TINY =
      """
      model: {layers: %d, heads: 2, width: 8, context: 4, mlp: squared_relu, tied_head: %s}
      export: {hugging_face: optional}
      train: {sequences_per_step: 6, ranks: %d, precision: %s}
      communication: {bucket_bytes: 1024}
      weights: {layout: sharded, shard_group: %d, keep_gathered_blocks: %d}
      """;

  private static final String LARGE =
      """
      model: {layers: 12, heads: 12, width: 768, context: 128}
      train: {sequences_per_step: 64, ranks: 4, micro_batch_sequences: 1, activation_checkpointing: blocks}
      """;

  private static final long MATRICES = 4 * 64 + 2 * 256;
  private static final long OTHERS = 2 * 80 + 3 * 8;

  /** The matrices of a block and its two gains. */
  private static final long BLOCK = 4 * (MATRICES + 16);

  /** The gain of the last normalization, and the head. */
  private static final long OUTPUT = 4 * (8 + 80);

  private static final long MEBIBYTE = 1L << 20;

  @Test
  void rowsOfTwoRanksByHand() {
    RankMemory memory = tiny(1, false, 2, "f32", 0, 1);

    assertThat(memory.weights()).isEqualTo(4 * (MATRICES + OTHERS) / 2);
    assertThat(memory.computeWeights()).isZero();
    assertThat(memory.gradientRows()).isEqualTo(4 * (MATRICES + OTHERS) / 2);
    assertThat(memory.momentumRows()).isEqualTo(4 * MATRICES / 2);
    assertThat(memory.secondMoments()).as("of 32×8 and two 8×8").isEqualTo(4 * (32 + 2 * 8));
    assertThat(memory.elementMoments()).isEqualTo(4 * 2 * OTHERS / 2);
    assertThat(memory.state())
        .isEqualTo(
            memory.weights()
                + memory.gradientRows()
                + memory.momentumRows()
                + memory.secondMoments()
                + memory.elementMoments());
    assertThat(memory.snapshot())
        .as("all that it holds but gradients")
        .isEqualTo(memory.state() - memory.gradientRows());
    assertThat(memory.activations()).as("12 tokens").isEqualTo(4 * 12 * (8 + 51 + 81));
    assertThat(memory.backward()).as("12 tokens").isEqualTo(4 * 12 * (8 + 40));
    assertThat(memory.gathered()).isEqualTo(BLOCK);
    assertThat(memory.gradients()).as("the output's are being reduced").isEqualTo(OUTPUT + BLOCK);
    assertThat(memory.wholeMatrices()).as("one large, two small").isEqualTo(4 * (256 + 2 * 64));
    assertThat(memory.orthogonalization()).isEqualTo(4 * (2 * 256 + 4 * 64));
    long reduced = 4 * (MATRICES + OTHERS);
    assertThat(memory.transportBuffers())
        .as("a reduce-scatter both ways, and its own buckets")
        .isEqualTo((reduced + 3 * 1024) * 5 / 4);
    assertThat(memory.transportBuffers() + memory.earlyMessages())
        .as("and a stage that came early")
        .isEqualTo((BLOCK + reduced + 3 * 1024) * 5 / 4);
    assertThat(memory.nativePeak())
        .as("in the passes")
        .isEqualTo(
            memory.state()
                + memory.snapshot()
                + memory.gathered()
                + memory.gradients()
                + memory.activations()
                + memory.backward()
                + memory.transportBuffers()
                + memory.runtime());
  }

  @Test
  void oneRankMovesItsRowsByWayOfBuffers() {
    RankMemory memory = tiny(1, false, 1, "f32", 0, 1);

    assertThat(memory.transportBuffers()).as("its own buckets").isEqualTo(3 * 1024 * 5 / 4);
    assertThat(memory.earlyMessages()).as("from nobody").isZero();
  }

  @Test
  void groupsHoldMoreAndShareACheckpoint() {
    RankMemory memory = tiny(1, false, 4, "f32", 2, 1);

    assertThat(memory.weights()).isEqualTo(4 * (MATRICES + OTHERS) / 2);
    long rows = memory.weights() + memory.momentumRows() + memory.elementMoments();
    assertThat(memory.snapshot()).isEqualTo(rows / 2 + memory.secondMoments());
    assertThat(tiny(1, false, 4, "f32", 0, 1).weights())
        .as("3 of the 10 rows of embedding and head")
        .isEqualTo(4 * (MATRICES / 4 + 2 * 3 * 8 + 3 * 2));
  }

  @Test
  void stagesUnderWayByHand() {
    RankMemory untied = tiny(4, false, 2, "f32", 0, 1);
    RankMemory tied = tiny(4, true, 2, "f32", 0, 1);
    RankMemory narrow = tiny(4, false, 2, "bf16", 0, 1);
    RankMemory kept = tiny(4, false, 2, "f32", 0, 3);

    assertThat(untied.gathered()).as("one in use, one on its way").isEqualTo(2 * BLOCK);
    assertThat(untied.gradients()).as("summed and reduced").isEqualTo(2 * BLOCK);
    assertThat(tied.gathered()).isEqualTo(2 * BLOCK);
    assertThat(tied.gradients()).as("with the table's").isEqualTo(2 * BLOCK + 4 * 80);
    assertThat(narrow.gathered()).as("and what is multiplied").isEqualTo(2 * BLOCK + 2 * MATRICES);
    assertThat(narrow.computeWeights()).as("no copy lasts").isZero();
    assertThat(narrow.transportBuffers() - untied.transportBuffers())
        .as("a block's rounded weights, which pass through buffers")
        .isEqualTo(2 * MATRICES * 5 / 4);
    assertThat(kept.gathered()).isEqualTo(3 * BLOCK);
    assertThat(kept.gradients()).as("of the last block").isEqualTo(OUTPUT + BLOCK);
  }

  @Test
  void whatIsKeptIsThereForAllMicroBatches() {
    String yaml = TINY.formatted(1, false, 2, "f32", 0, 1);
    String single = yaml.replace("ranks: 2,", "ranks: 2, micro_batch_sequences: 1,");

    RankMemory memory = layouts(single).heaviest(2);

    assertThat(memory.activations()).isEqualTo(layouts(yaml).heaviest(2).activations());
    assertThat(memory.backward())
        .as("4 tokens, beside the output's gradients of the others")
        .isEqualTo(4 * (2 * 4 * 8 + 4 * (8 + 40)));
  }

  @Test
  void everyLayoutIsShown() {
    RunPlan plan =
        RunPlan.of(
            RunConfiguration.fromYaml(TINY.formatted(2, true, 6, "f32", 0, 1), "test"),
            10,
            0,
            ClusterRates.defaults(1));

    assertThat(plan.layouts())
        .extracting(LayoutMemory::layout)
        .containsExactly(
            "replicated", "sharded", "sharded in groups of 3", "sharded in groups of 2");
    assertThat(plan.layouts()).extracting(LayoutMemory::shardGroup).containsExactly(1, 6, 3, 2);
    assertThat(plan.layouts().get(0).weights())
        .as("of even shares")
        .isEqualTo(2 * plan.layouts().get(3).weights());
    LayoutMemory sharded = plan.layouts().get(1);
    assertThat(sharded.nativePeak()).isEqualTo(plan.memory().nativePeak());
    assertThat(sharded.gathered()).isEqualTo(plan.memory().gathered());
    assertThat(plan.layouts().get(0).gathered()).isZero();
    assertThat(PlanText.of(plan))
        .contains("Memory by layout")
        .contains("\n  sharded in groups of 3 ");
  }

  @Test
  void refusalNamesALayoutThatFits() {
    Layouts layouts = layouts(LARGE);
    long sharded = peak(LARGE + "weights: {layout: sharded}\n", 4);

    assertThat(refusal(layouts, 4, sharded))
        .isEqualTo(
            "Invalid weights.layout replicated on 4 ranks: a rank needs %dm beside its heap and has"
                    .formatted(mebibytes(peak(LARGE, 4)))
                + " %dm (a limit); weights.layout replicated fits on no number of ranks up to 64;"
                    .formatted(sharded / MEBIBYTE)
                + " weights.layout sharded on 4 ranks needs %dm".formatted(mebibytes(sharded)));
  }

  @Test
  void refusalNamesTheFewestRanksThatFit() {
    Layouts layouts = layouts(LARGE + "weights: {layout: sharded}\n");
    long eight = layouts.heaviest(8).nativePeak();

    assertThat(layouts.heaviest(7).nativePeak()).isGreaterThan(eight);
    assertThat(refusal(layouts, 4, eight))
        .endsWith(
            "(a limit); weights.layout sharded on 8 ranks needs %dm".formatted(mebibytes(eight)));
  }

  @Test
  void groupsAreSearchedInTheirMultiplesAndThenLeft() {
    Layouts layouts = layouts(LARGE + "weights: {layout: sharded, shard_group: 2}\n");
    long whole = peak(LARGE + "weights: {layout: sharded}\n", 4);

    assertThat(refusal(layouts, 4, whole))
        .contains("Invalid weights.layout sharded in groups of 2 on 4 ranks: ")
        .endsWith("weights.layout sharded on 4 ranks needs %dm".formatted(mebibytes(whole)));
  }

  @Test
  void refusalSaysPlainlyThatNothingFits() {
    assertThat(refusal(layouts(LARGE), 4, 0))
        .endsWith(
            "has 0m (a limit); weights.layout replicated fits on no number of ranks up to 64;"
                + " weights.layout sharded fits on no number of ranks up to 64");
    assertThat(refusal(layouts(LARGE + "optimizer: {name: sophia_h}\n"), 4, 0))
        .as("needs all weights")
        .endsWith("(a limit); weights.layout replicated fits on no number of ranks up to 64");
  }

  @Test
  void ranksOfOneProcessAddUp() {
    Layouts layouts = layouts(LARGE + "weights: {layout: sharded}\n");
    Layouts.Demand ofOneProcess = (memory, ranks) -> memory.nativePeakOf(ranks, 1);
    long four = ofOneProcess.bytes(layouts.heaviest(4), 4);

    assertThat(layouts.heaviest(16).nativePeak()).isLessThan(layouts.heaviest(4).nativePeak());
    assertThat(layouts.refusal(4, "the driver", four / 2, "a limit", ofOneProcess))
        .startsWith(
            "Invalid weights.layout sharded on 4 ranks: the driver needs %dm "
                .formatted(mebibytes(four)))
        .endsWith("; weights.layout sharded fits on no number of ranks up to 64");
  }

  private static String refusal(Layouts layouts, int ranks, long bytes) {
    return layouts.refusal(ranks, "a rank", bytes, "a limit", (memory, any) -> memory.nativePeak());
  }

  private static long peak(String yaml, int ranks) {
    return layouts(yaml).heaviest(ranks).nativePeak();
  }

  private static long mebibytes(long bytes) {
    return (bytes + MEBIBYTE - 1) / MEBIBYTE;
  }

  private static RankMemory tiny(
      int layers, boolean tied, int ranks, String precision, int group, int kept) {
    return layouts(TINY.formatted(layers, tied, ranks, precision, group, kept)).heaviest(ranks);
  }

  private static Layouts layouts(String yaml) {
    return Layouts.of(RunConfiguration.fromYaml(yaml, "test"), 10);
  }
}
