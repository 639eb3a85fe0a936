package normuon.job.study;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.List;
import java.util.Map;
import normuon.job.report.Status;
import normuon.job.report.ValidationCurve;
import normuon.job.study.StudySummary.RuleSummary;
import normuon.job.study.StudySummary.Saving;
import normuon.job.study.StudySummary.Spread;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Curves made by hand, of 100 steps with evaluations after 50 and 100. */
class SummationTest {

  private static final Rule ADAMW = rule("adamw", Map.of(), "0.001", "0.002", "0.004");
  private static final Rule MUON = rule("muon", Map.of(), "0.01", "0.02");
  private static final Rule NORMUON =
      rule("normuon", Map.of("adamw", 21.74, "muon", 11.31, "lion", 5.0), "0.01", "0.02", "0.04");

  private final StudyResults results =
      new StudyResults(new Study(List.of(1L, 2L), "adamw", List.of(ADAMW, MUON, NORMUON)));

  @BeforeEach
  void addResults() {
    succeeded(ADAMW, "0.001", 1, 3.0, 2.2);
    succeeded(ADAMW, "0.002", 1, 3.0, 2.0);
    diverged(ADAMW, "0.004", 1);
    succeeded(ADAMW, "0.002", 2, 2.8, 1.8);
    succeeded(MUON, "0.01", 1, 2.4, 1.85);
    diverged(MUON, "0.02", 1);
    succeeded(MUON, "0.01", 2, 1.9, 1.85);
    succeeded(NORMUON, "0.01", 1, 2.5, 1.95);
    succeeded(NORMUON, "0.02", 1, 2.1, 1.7);
    succeeded(NORMUON, "0.04", 1, 2.0, 1.75);
    succeeded(NORMUON, "0.02", 2, 2.3, 1.8);
  }

  @Test
  void theTargetIsTheMeanFinalLossOfTheReferencesBest() {
    StudySummary summary = summary();

    assertThat(summary.target()).isCloseTo(1.9, within(1e-12));
    RuleSummary adamw = summary.rule("adamw");
    assertThat(adamw.bestLearningRate()).isEqualByComparingTo("0.002");
    assertThat(adamw.finalLoss().lowest()).isEqualTo(1.8);
    assertThat(adamw.finalLoss().highest()).isEqualTo(2.0);
    assertThat(adamw.stepsToTarget())
        .as("all its steps")
        .isEqualTo(new Spread(100.0, 100.0, 100.0, null));
  }

  @Test
  void stepsAndSavingsAreOfTheMeansOverTheSeeds() {
    RuleSummary normuon = summary().rule("normuon");

    // 2.1 to 1.7 crosses 1.9 after half of 50 steps, 2.3 to 1.8 after four fifths.
    assertThat(normuon.seeds().get(0).stepsToTarget()).isCloseTo(75, within(1e-9));
    assertThat(normuon.seeds().get(1).stepsToTarget()).isCloseTo(90, within(1e-9));
    assertThat(normuon.stepsToTarget().mean()).isCloseTo(82.5, within(1e-9));
    Saving overAdamW = normuon.savings().get("adamw");
    assertThat(overAdamW.savingPercent()).isCloseTo(17.5, within(1e-9));
    assertThat(overAdamW.publishedPercent()).isEqualTo(21.74);
    // Muon: 50 + 50 · 0.5 / 0.55 and, at the target at the first evaluation, 50.
    double muon = (50 + 50 / 1.1 + 50) / 2;
    assertThat(normuon.savings().get("muon").savingPercent())
        .isCloseTo(100 * (1 - 82.5 / muon), within(1e-9))
        .isNegative();
    assertThat(normuon.savings()).containsOnlyKeys("adamw", "muon");
  }

  @Test
  void aBestLearningRateAtTheEndOfItsSweepIsMarked() {
    StudySummary summary = summary();

    assertThat(summary.rule("adamw").atEdge()).isFalse();
    assertThat(summary.rule("normuon").atEdge()).isFalse();
    assertThat(summary.rule("muon").bestLearningRate()).isEqualByComparingTo("0.01");
    assertThat(summary.rule("muon").atEdge()).as("though the next one diverged").isTrue();

    succeeded(NORMUON, "0.04", 1, 2.0, 1.65);
    succeeded(NORMUON, "0.04", 2, 2.0, 1.65);
    assertThat(summary().rule("normuon").atEdge()).isTrue();
  }

  @Test
  void aTargetThatASeedMissesIsNullWithTheReason() {
    succeeded(NORMUON, "0.02", 2, 2.3, 1.95);

    RuleSummary normuon = summary().rule("normuon");

    String reason = "normuon-0.02-2 ends at 1.9500 and never reaches the target 1.9000";
    assertThat(normuon.seeds().get(0).stepsToTarget()).isNotNull();
    assertThat(normuon.seeds().get(1).stepsToTarget()).isNull();
    assertThat(normuon.stepsToTarget()).isEqualTo(Spread.missing(reason));
    assertThat(normuon.savings().get("adamw")).isEqualTo(new Saving(null, 21.74, reason));
    assertThat(summary().rule("muon").savings().get("normuon"))
        .isEqualTo(new Saving(null, null, reason));
  }

  @Test
  void aDivergedSeedLeavesNoMean() {
    diverged(NORMUON, "0.02", 2);

    RuleSummary normuon = summary().rule("normuon");

    assertThat(normuon.finalLoss()).isEqualTo(Spread.missing("normuon-0.02-2 diverged"));
    assertThat(normuon.stepsToTarget()).isEqualTo(Spread.missing("normuon-0.02-2 diverged"));
    assertThat(normuon.seeds())
        .extracting(StudySummary.SeedSummary::status)
        .containsExactly(Status.SUCCEEDED, Status.DIVERGED);
  }

  @Test
  void aRuleThatAlwaysDivergesHasNoBest() {
    diverged(MUON, "0.01", 1);

    RuleSummary muon = summary().rule("muon");

    assertThat(muon.bestLearningRate()).isNull();
    assertThat(muon.seeds()).isEmpty();
    assertThat(muon.finalLoss().reason()).isEqualTo("muon diverged with every learning rate");
    assertThat(tables().comparison()).contains("| muon | – | diverged | – | – |  |");
  }

  @Test
  void aReferenceThatDivergesLeavesNoTarget() {
    diverged(ADAMW, "0.002", 2);

    StudySummary summary = summary();

    assertThat(summary.target()).isNull();
    assertThat(summary.rules())
        .extracting(rule -> rule.stepsToTarget().reason())
        .containsOnly("there is no target: adamw-0.002-2 diverged");
    assertThat(summary.rule("normuon").finalLoss().exists()).isTrue();
  }

  @Test
  void theSweepComesBeforeTheSeeds() {
    StudyResults empty = new StudyResults(results.study());
    assertThat(empty.nextMissing()).contains(new Point(ADAMW, "0.001", 1));

    results.study().sweep().forEach(point -> empty.add(point, results.of(point)));
    assertThat(empty.nextMissing()).contains(new Point(ADAMW, "0.002", 2));

    assertThat(results.nextMissing()).isEmpty();
  }

  @Test
  void tablesShowSavingsBesideThePublishedOnes() {
    assertThat(tables().comparison())
        .isEqualTo(
            """
            | rule | best learning rate | final validation loss | steps to the final loss of adamw | saved against adamw | saved against muon |
            |---|---|---|---|---|---|
            | adamw | 0.002 | 1.9000 ± 0.1000 | 100 |  | -37.5% |
            | muon | 0.01 (edge of the sweep) | 1.8500 ± 0.0000 | 73 | 27.3% |  |
            | normuon | 0.02 | 1.7500 ± 0.0500 | 83 | 17.5% (published: 21.74%) | -13.4% (published: 11.31%) |\
            """);
    assertThat(tables().sweep())
        .isEqualTo(
            """
            | rule | learning rate: final validation loss, seed 1 |  |  |
            |---|---|---|---|
            | adamw | 0.001: 2.2000 | 0.002: **2.0000** | 0.004: diverged |
            | muon | 0.01: **1.8500** | 0.02: diverged |  |
            | normuon | 0.01: 1.9500 | 0.02: **1.7000** | 0.04: 1.7500 |\
            """);
  }

  @Test
  void jsonHasTheNamesThatScriptsRelyOn() throws JsonProcessingException {
    succeeded(NORMUON, "0.02", 2, 2.3, 1.95);

    JsonNode json = new ObjectMapper().readTree(summary().toJson());

    assertThat(json.at("/settings/tokens_per_step").asInt()).isEqualTo(768);
    JsonNode normuon = json.at("/rules/2");
    assertThat(normuon.at("/best_learning_rate").asDouble()).isEqualTo(0.02);
    assertThat(normuon.at("/at_edge").asBoolean()).isFalse();
    assertThat(normuon.at("/sweep/2").toString())
        .isEqualTo("{\"learning_rate\":0.04,\"status\":\"SUCCEEDED\",\"final_loss\":1.75}");
    assertThat(normuon.at("/steps_to_target/mean").isNull()).isTrue();
    assertThat(normuon.at("/savings/adamw/saving_percent").isNull()).isTrue();
    assertThat(normuon.at("/savings/adamw/published_percent").asDouble()).isEqualTo(21.74);
    assertThat(normuon.at("/savings/adamw/reason").asText()).contains("never reaches");
    assertThat(normuon.at("/seeds/0/curve").toString())
        .isEqualTo("{\"steps\":[50,100],\"validation_losses\":[2.1,1.7]}");
  }

  private StudySummary summary() {
    return new Summation(results)
        .summary(new StudySummary.Settings(100, 768, 50, 0.01, 0.02, "cosine", 10, 0.1));
  }

  private MarkdownTables tables() {
    return new MarkdownTables(summary());
  }

  private void succeeded(Rule rule, String rate, long seed, double middle, double last) {
    results.add(
        new Point(rule, rate, seed),
        new PointResult(
            Status.SUCCEEDED, new ValidationCurve(List.of(50, 100), List.of(middle, last))));
  }

  private void diverged(Rule rule, String rate, long seed) {
    results.add(
        new Point(rule, rate, seed),
        new PointResult(Status.DIVERGED, new ValidationCurve(List.of(50), List.of(9.0))));
  }

  private static Rule rule(String name, Map<String, Double> published, String... rates) {
    return new Rule(name, "optimizer.learning_rate", List.of(rates), Map.of(), published);
  }
}
