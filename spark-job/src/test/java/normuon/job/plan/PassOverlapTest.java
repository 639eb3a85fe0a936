package normuon.job.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import normuon.job.config.RunConfiguration;
import normuon.job.plan.PassOverlap.Visit;
import org.junit.jupiter.api.Test;

class PassOverlapTest {

  /** Of 13 s of gathering 2 come before all, 3 beside a lookup, and 1 more than the block hides. */
  @Test
  void nothingHidesTheFirstWeightsAndTheLastGradients() {
    List<Visit> visits =
        List.of(
            new Visit(2, 0, 0),
            new Visit(3, 4, 0),
            new Visit(5, 6, 1),
            new Visit(3, 8, 2),
            new Visit(0, 0, 2));

    assertThat(PassOverlap.of(visits)).isEqualTo(new PassOverlap(6, 7, 4, 1));
  }

  /** One second of the first reduction is beside the second stage; the third waits for it. */
  @Test
  void aStageWaitsUntilTheGradientsOfOneOtherAreLeft() {
    List<Visit> visits = List.of(new Visit(0, 1, 10), new Visit(0, 1, 10), new Visit(0, 0, 10));

    assertThat(PassOverlap.of(visits)).isEqualTo(new PassOverlap(0, 0, 29, 1));
  }

  @Test
  void weightsQueueBehindGradients() {
    List<Visit> visits = List.of(new Visit(0, 1, 5), new Visit(0, 1, 5), new Visit(3, 1, 0));

    assertThat(PassOverlap.of(visits).gatherExposed())
        .as("from 2 to 9: it sets out at 1, behind what takes until 6")
        .isEqualTo(7);
  }

  /**
   * One layer of width 8, 10 tokens known, 12 of them on each of two ranks that hold half. At 1
   * MB/s and 1 ms a message, weights take 1.16 ms for the embedding, 3.568 for the block and 1.176
   * for the output; so do gradients. The block's forward pass is all that hides weights, its
   * backward pass all that hides gradients.
   */
  @Test
  void aStepByHand() {
    StepTime time = time("sharded", "f32");

    double forward = 12 * 2 * (768 + 4 * 8) / 1e9;
    double backward = 12 * (4 * 768 + 5 * 4 * 8) / 1e9;
    assertThat(time.backward()).isCloseTo(forward + backward + 12 * 6 * 80 / 1e9, within(1e-12));
    assertThat(time.gather()).isCloseTo(5.904e-3, within(1e-12));
    assertThat(time.reduceScatter()).isCloseTo(5.904e-3, within(1e-12));
    PassOverlap overlap = time.overlap();
    assertThat(overlap.gatherHidden()).isCloseTo(forward, within(1e-12));
    assertThat(overlap.gatherExposed()).isCloseTo(5.904e-3 - forward, within(1e-12));
    assertThat(overlap.reduceHidden()).isCloseTo(backward, within(1e-12));
    assertThat(overlap.reduceExposed()).isCloseTo(5.904e-3 - backward, within(1e-12));
    assertThat(time.allGather()).as("of updates").isZero();
    assertThat(time.step())
        .isCloseTo(
            time.backward()
                + 2 * 5.904e-3
                - forward
                - backward
                + time.allReduce()
                + Math.max(time.orthogonalize(), time.collect() + time.broadcast()),
            within(1e-12));
  }

  /** The block's 384 and the head's 40 values of a rank lose 2 bytes each; gains travel alone. */
  @Test
  void productsInBfloat16HalveWhatIsMultiplied() {
    assertThat(time("sharded", "bf16").gather())
        .isCloseTo(5.904e-3 - 2 * (384 + 40) * 1e-6 + 2e-3, within(1e-12));
  }

  @Test
  void wholeWeightsAreReducedWhenThePassesAreOver() {
    StepTime time = time("replicated", "f32");

    assertThat(time.gather()).isZero();
    assertThat(time.overlap()).isEqualTo(new PassOverlap(0, 0, time.reduceScatter(), 0));
  }

  @Test
  void aPlanTellsWhatIsHidden() {
    String metrics = ".*gather_hidden_ms .* ms.*gather_exposed_ms .*reduce_hidden_ms .*";

    assertThat(PlanText.of(plan("sharded", "f32")).replace('\n', ' ')).matches(metrics);
    assertThat(PlanText.of(plan("replicated", "f32"))).doesNotContain("_ms");
  }

  private static StepTime time(String layout, String precision) {
    return plan(layout, precision).time();
  }

  private static RunPlan plan(String layout, String precision) {
    String yaml =
        """
        model: {layers: 1, heads: 2, width: 8, context: 4, mlp: squared_relu}
        export: {hugging_face: optional}
        train: {sequences_per_step: 6, ranks: 2, precision: %s}
        communication: {bucket_bytes: 1024}
        weights: {layout: %s}
        """
            .formatted(precision, layout);
    ClusterRates rates = new ClusterRates(1e9, 1e6, 1e-3);
    return RunPlan.of(RunConfiguration.fromYaml(yaml, "test"), 10, 0, rates);
  }
}
