package normuon.job.preflight;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import normuon.job.train.Placement;
import org.junit.jupiter.api.Test;

class ClusterChecksTest {

  private static final long NOW = 1_700_000_000_000L;
  private static final Map<String, String> VERSIONS =
      Map.of("Java", "17.0.1", "PyTorch", "2 (cpu)");
  private static final long GIBIBYTE = 1L << 30;

  private final Findings findings = new Findings();

  @Test
  void soundClusterHasNothingToTell() {
    check(
        probe(0, "a", "0", List.of("0"), "gpu0"),
        probe(1, "a", "1", List.of("1"), "gpu1"),
        probe(2, "b", "2", List.of("0"), "gpu0"));

    assertThat(findings.problems()).isEmpty();
    assertThat(findings.warnings()).isEmpty();
  }

  @Test
  void twoRanksDoNotShareAGpu() {
    check(probe(0, "a", "0", List.of("0"), "gpu0"), probe(1, "a", "1", List.of("0"), "gpu0"));

    assertThat(findings.problems())
        .containsExactly(
            "Invalid GPU address 0 on a: ranks 0 and 1 both have it; let each worker's"
                + " spark.worker.resource.gpu.discoveryScript name GPUs of its own");
  }

  @Test
  void aGpuThatNobodyComputesOnMayBeShared() {
    check(probe(0, "a", "0", List.of("0"), "cpu"), probe(1, "a", "1", List.of("0"), "cpu"));

    assertThat(findings.problems()).isEmpty();
    assertThat(findings.warnings()).singleElement().asString().startsWith("Invalid GPU address 0");
  }

  @Test
  void ranksThatGoDownTogetherAreNamed() {
    check(probe(0, "a", "5", List.of(), "cpu"), probe(1, "a", "5", List.of(), "cpu"));

    assertThat(findings.warnings())
        .containsExactly(
            "Executor 5 on a runs ranks 0, 1: if it is lost, they are lost together; for one rank"
                + " each set spark.task.cpus to more than half of spark.executor.cores");
  }

  @Test
  void everyProblemIsToldAtOnce() {
    RankProbe other =
        new RankProbe(
            new Placement(1, "b", "1", List.of(), "cpu"),
            new HashMap<>(Map.of("Java", "17.0.2", "PyTorch", "2 (cu128)")),
            NOW + 60_000,
            GIBIBYTE,
            List.of(),
            List.of("Cannot reach the text"));

    check(probe(0, "a", "0", List.of(), "cpu"), other);

    assertThat(findings.problems())
        .containsExactly(
            "Cannot reach the text",
            "Invalid version of Java for rank 1 on b: 17.0.2; rank 0 on a has 17.0.1; install the"
                + " same on every host, or set spark.executorEnv.JAVA_HOME",
            "Invalid version of PyTorch for rank 1 on b: 2 (cu128); rank 0 on a has 2 (cpu);"
                + " install the same on every host, or set spark.executorEnv.PYTORCH_LIBRARY_PATH",
            "Invalid clock of b for rank 1: 59.0 s ahead of that of the driver, must be within 10"
                + " s; synchronize it (NTP)");
  }

  @Test
  void clockMayBeBehindNoFurther() {
    ClusterChecks checks =
        new ClusterChecks(List.of(probe(0, "a", "0", List.of(), "cpu")), findings);

    checks.clocks(NOW + 10_000, NOW + 11_000);
    assertThat(findings.problems()).isEmpty();
    checks.clocks(NOW + 12_500, NOW + 13_000);
    assertThat(findings.problems()).singleElement().asString().contains("12.5 s behind that");
  }

  private void check(RankProbe... probes) {
    ClusterChecks checks = new ClusterChecks(List.of(probes), findings);
    checks.ownProblems();
    checks.devices();
    checks.versions();
    checks.clocks(NOW - 1000, NOW + 1000);
  }

  private static RankProbe probe(
      int rank, String host, String executor, List<String> gpus, String device) {
    return new RankProbe(
        new Placement(rank, host, executor, gpus, device),
        new HashMap<>(VERSIONS),
        NOW,
        GIBIBYTE,
        List.of(),
        List.of());
  }
}
