package normuon.job.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.stream.IntStream;
import normuon.job.config.RunConfiguration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RunPlanTest {

  /** One layer of width 8: q, k, v, o of 8×8, up and down of 32×8 and 8×32; vocabulary 10. */
  private static final String TINY =
      """
      model: {layers: 1, heads: 2, width: 8, context: 4, mlp: squared_relu}
      export: {hugging_face: optional}
      train: {sequences_per_step: 6, ranks: %d}
      communication: {bucket_bytes: 1024}
      """;

  private static final long MATRICES = 4 * 64 + 2 * 256;
  private static final long OTHERS = 2 * 80 + 3 * 8;
  private static final ClusterRates RATES = new ClusterRates(1e9, 1e6, 1e-3);

  @Test
  void oneRankByHand() {
    RunPlan plan = plan(1);

    assertThat(plan.parameters()).isEqualTo(MATRICES + OTHERS);
    RankMemory memory = plan.memory();
    assertThat(memory.weights()).isEqualTo(4 * (MATRICES + OTHERS));
    assertThat(memory.gradients()).isEqualTo(4 * (MATRICES + OTHERS));
    assertThat(memory.gradientRows()).isEqualTo(4 * (MATRICES + OTHERS));
    assertThat(memory.momentumRows()).isEqualTo(4 * MATRICES);
    assertThat(memory.secondMoments()).as("a number per row").isEqualTo(4 * (5 * 8 + 32));
    assertThat(memory.elementMoments()).isEqualTo(4 * 2 * OTHERS);
    assertThat(memory.snapshot())
        .isEqualTo(
            4 * (MATRICES + OTHERS)
                + memory.momentumRows()
                + memory.secondMoments()
                + memory.elementMoments());
    assertThat(memory.computeWeights()).isZero();
    assertThat(memory.activations()).as("24 tokens").isEqualTo(4 * 24 * (8 + 51 + 81));
    assertThat(memory.backward()).as("24 tokens").isEqualTo(4 * 24 * (8 + 40));
    assertThat(memory.orthogonalization()).isEqualTo(4 * (2 * 256 + 4 * 64));
    assertThat(memory.transportBuffers()).as("for its own rows").isEqualTo(2 * 1024 * 5 / 4);
    assertThat(memory.heap()).isEqualTo(77);
    assertThat(memory.total()).isEqualTo(memory.nativePeak() + 77);
    assertThat(plan.allTraffic()).isEqualTo(StepTraffic.NONE);
    assertThat(plan.time().exchange()).isZero();
    double flops = 24 * (6.0 * (MATRICES + 80) + 7 * 4 * 8);
    assertThat(plan.time().backward()).isCloseTo(flops / 1e9, within(1e-15));
  }

  /** Two heads of width 6 in a model of width 8: q, k, v of 12×8 and o of 8×12. */
  @Test
  void headsOfAWidthOfTheirOwnByHand() {
    RunPlan plan = plan(TINY.formatted(1).replace("heads: 2", "heads: 2, head_width: 6"), RATES);

    long matrices = 4 * 96 + 2 * 256;
    assertThat(plan.parameters()).isEqualTo(matrices + OTHERS);
    assertThat(plan.memory().activations())
        .as("24 tokens, with four arrays of width 12 in place of 8")
        .isEqualTo(4 * 24 * (8 + 51 + 4 * 4 + 81));
    double flops = 24 * (6.0 * (matrices + 80) + 7 * 4 * 12);
    assertThat(plan.time().backward()).isCloseTo(flops / 1e9, within(1e-15));
  }

  @Test
  void precisionAndCheckpointsByHand() {
    RunPlan wide = plan(TINY.formatted(1), RATES);
    RunPlan narrow = plan(with("precision: bf16"), RATES);
    RunPlan blocks = plan(with("activation_checkpointing: blocks"), RATES);

    assertThat(narrow.memory().computeWeights()).as("with the head").isEqualTo(2 * (MATRICES + 80));
    assertThat(narrow.memory().state() - wide.memory().state())
        .isEqualTo(narrow.memory().computeWeights());
    assertThat(blocks.memory().state()).isEqualTo(wide.memory().state());
    assertThat(blocks.memory().activations())
        .as("24 tokens: the embedding and the output")
        .isEqualTo(4 * 24 * 2 * 8);
    double again = 24 * (2.0 * (MATRICES - 256) + 2 * 4 * 8);
    assertThat(blocks.time().backward() - wide.time().backward())
        .isCloseTo(again / 1e9, within(1e-15));
    assertThat(PlanText.of(plan(with("precision: bf16, loss_chunk_tokens: 5"), RATES)))
        .contains(
            "forward and backward in bf16, activation checkpointing none, loss by chunks of 5 tokens",
            "their copies in bf16");
  }

  private static String with(String settings) {
    return TINY.formatted(1).replace("ranks: 1", "ranks: 1, " + settings);
  }

  @Test
  void twoRanksByHand() {
    RunPlan plan = plan(2);

    assertThat(plan.sequencesPerRank()).isEqualTo(3);
    assertThat(plan.loads()).as("3 matrices of each shape").containsExactly(1.0, 1.0);
    assertThat(plan.memory().momentumRows()).isEqualTo(4 * MATRICES / 2);
    assertThat(plan.memory().elementMoments()).isEqualTo(4 * OTHERS);
    long half = 4 * (MATRICES + OTHERS) / 2;
    assertThat(plan.traffic().reduceScatter()).isEqualTo(new Flow(half, half, 2));
    assertThat(plan.traffic().allReduce()).as("norms, a loss; two counts").isEqualTo(numbers(14));
    assertThat(plan.traffic().collect().sentBytes()).isEqualTo(4 * MATRICES / 4);
    assertThat(plan.traffic().broadcast().sentBytes()).isEqualTo(4 * MATRICES / 2);
    assertThat(plan.traffic().allGather().receivedBytes()).isEqualTo(4 * OTHERS / 2);
    assertThat(plan.time().reduceScatter()).isCloseTo(half / 1e6 + 2e-3, within(1e-12));
  }

  private static Flow numbers(int count) {
    return new Flow(8L * count, 8L * count, 2);
  }

  @Test
  void whatAllSendAllReceive() {
    for (int ranks = 1; ranks <= 6; ranks++) {
      Flow total = plan(ranks).allTraffic().total();
      assertThat(total.sentBytes()).isEqualTo(total.receivedBytes());
    }
  }

  @Test
  void moreRanksHoldLessEachAndSendMoreTogether() {
    List<RunPlan> plans = IntStream.rangeClosed(1, 6).mapToObj(RunPlanTest::plan).toList();

    for (int i = 1; i < plans.size(); i++) {
      RunPlan fewer = plans.get(i - 1);
      RunPlan more = plans.get(i);
      assertThat(more.memory().state()).isLessThan(fewer.memory().state());
      assertThat(more.time().backward()).isLessThanOrEqualTo(fewer.time().backward());
      assertThat(more.time().orthogonalize()).isLessThanOrEqualTo(fewer.time().orthogonalize());
      assertThat(more.allTraffic().total().sentBytes())
          .isGreaterThan(fewer.allTraffic().total().sentBytes());
    }
  }

  @Test
  void scalingStopsWhereTheNetworkOrTheLargestMatrixIsSlower() {
    ScalingLimit slowNetwork = plan(1, new ClusterRates(1e9, 1e6, 0)).scaling();
    ScalingLimit slowProcessor = plan(1, new ClusterRates(1, 1e12, 0)).scaling();

    assertThat(slowNetwork.mostRanks()).as("a rank needs a sequence").isEqualTo(6);
    assertThat(slowNetwork.exchangeFrom()).isEqualTo(2);
    assertThat(slowNetwork.fastestRanks()).isEqualTo(1);
    assertThat(slowProcessor.exchangeFrom()).isZero();
    assertThat(slowProcessor.fastestRanks()).isGreaterThan(4);
    double matrix = plan(6, new ClusterRates(1, 1e12, 0)).time().orthogonalize();
    assertThat(slowProcessor.ownerFrom())
        .isEqualTo(
            IntStream.rangeClosed(1, 6)
                .filter(
                    ranks -> plan(ranks, new ClusterRates(1, 1e12, 0)).time().backward() < matrix)
                .findFirst()
                .orElse(0));
  }

  @Test
  void muonAndAdamWKeepWhatTheyKeep() {
    RunPlan muon = plan("optimizer: {name: muon}\n" + TINY.formatted(2), RATES);
    RunPlan adamW = plan("optimizer: {name: adamw}\n" + TINY.formatted(2), RATES);

    assertThat(muon.memory().secondMoments()).isZero();
    assertThat(adamW.memory().momentumRows()).isZero();
    assertThat(adamW.memory().elementMoments()).isEqualTo(4 * (MATRICES + OTHERS));
    assertThat(adamW.traffic().broadcast()).isEqualTo(Flow.NONE);
    assertThat(adamW.time().orthogonalize()).isZero();
    assertThat(adamW.scaling().ownerFrom()).isZero();
  }

  @Test
  void overheadHoldsAllRanksOfAnExecutor() {
    RankMemory memory = plan(2).memory();
    long perRank = memory.nativePeak() - memory.runtime();

    assertThat(plan(2).overheadMebibytes(1)).isEqualTo(385);
    assertThat(perRank).isLessThan(1 << 20);
    assertThat(plan(2).overheadMebibytes(100)).isEqualTo(384 + (100 * perRank >> 20) + 1);
  }

  @ParameterizedTest
  @CsvSource({"0,0 bytes", "1023,1023 bytes", "1536,1.50 KiB", "104857600,100 MiB"})
  void sizesHaveAUnit(long bytes, String text) {
    assertThat(PlanText.size(bytes)).isEqualTo(text);
  }

  @Test
  void impossibleRatesAreRefused() {
    assertThatThrownBy(() -> ClusterRates.of(0, 1, 1))
        .hasMessage("Invalid FLOP/s 0.0: must be a number above 0");
    assertThatThrownBy(() -> ClusterRates.of(1, Double.NaN, 1))
        .hasMessage("Invalid bandwidth NaN: must be a number above 0");
    assertThatThrownBy(() -> ClusterRates.of(1, 1, -1)).hasMessageStartingWith("Invalid latency");
  }

  @Test
  void productsOfSophiaHAndTheirDirectionAreInThePlan() {
    RankMemory without = plan(1).memory();
    RankMemory memory = plan(TINY.formatted(1) + "optimizer: {name: sophia_h}\n", RATES).memory();

    long layer = 15 * 8 + 7 * 8 + 2 * 8 + 4 * 2 * 4 + 4 * 32;
    long once = 9 * 8 + 5 * 10 + 4 * 2 * 4;
    assertThat(without.curvature()).isZero();
    assertThat(memory.curvature())
        .as("24 tokens, and a number for each weight")
        .isEqualTo(4 * (24 * (layer + once) + MATRICES + OTHERS));
    assertThat(memory.nativePeak())
        .isEqualTo(
            memory.state()
                + memory.snapshot()
                + memory.curvature()
                + memory.transportBuffers()
                + memory.runtime());
  }

  private static RunPlan plan(int ranks) {
    return plan(ranks, RATES);
  }

  private static RunPlan plan(int ranks, ClusterRates rates) {
    return plan(TINY.formatted(ranks), rates);
  }

  private static RunPlan plan(String yaml, ClusterRates rates) {
    return RunPlan.of(RunConfiguration.fromYaml(yaml, "test"), 10, 77, rates);
  }
}
