package normuon.job.preflight;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.List;
import normuon.job.config.RunConfiguration;
import normuon.job.plan.Layouts;
import normuon.job.train.Placement;
import org.apache.spark.SparkConf;
import org.junit.jupiter.api.Test;

class MemoryChecksTest {

  private static final long MEBIBYTE = 1L << 20;
  private static final long GIBIBYTE = 1L << 30;
  private static final String NOTHING_FITS =
      "; weights.layout replicated fits on no number of ranks up to 16; weights.layout sharded fits"
          + " on no number of ranks up to 16";

  private final Findings findings = new Findings();
  private final Layouts layouts = Layouts.of(RunConfiguration.fromYaml("", "test"), 51);

  @Test
  void executorsThatEnforceTheirMemoryNeedRoomForThePlan() {
    check(conf("k8s://host").set("spark.executor.memoryOverhead", "300m"), probe(0, "a", "0"));

    assertThat(findings.problems())
        .containsExactly(
            ("Invalid weights.layout replicated on 1 ranks: an executor with 1 rank(s) needs %dm"
                    + " beside its heap and has 300m (spark.executor.memoryOverhead at"
                    + " k8s://host)%s; or set spark.executor.memoryOverhead to at least %dm")
                .formatted(needed(1, 1), NOTHING_FITS, needed(1, 1)));
  }

  @Test
  void ranksOfAnExecutorNeedTheirMemoryTogether() {
    check(
        conf("yarn").set("spark.executor.memoryOverhead", "300m"),
        probe(0, "a", "0"),
        probe(1, "a", "0"));

    assertThat(needed(2, 2)).isGreaterThan(needed(2, 1));
    assertThat(findings.problems())
        .singleElement()
        .asString()
        .startsWith(
            "Invalid weights.layout replicated on 2 ranks: an executor with 2 rank(s) needs %dm"
                .formatted(needed(2, 2)));
  }

  @Test
  void overheadIsAShareOfTheHeapWhereItIsNotSet() {
    check(conf("yarn").set("spark.executor.memory", "20g"), probe(0, "a", "0"));
    assertThat(findings.problems()).as("a tenth of 20 GiB is enough").isEmpty();

    check(conf("yarn").set("spark.executor.memory", "1g"), probe(0, "a", "0"));
    assertThat(findings.problems())
        .singleElement()
        .asString()
        .contains("has 384m (spark.executor.memoryOverhead at yarn)");
  }

  @Test
  void standaloneWorkersOnlyWarn() {
    check(conf("spark://host:7077"), probe(0, "a", "0"));
    assertThat(findings.warnings()).as("nothing was promised").isEmpty();

    check(
        conf("spark://host:7077").set("spark.executor.memoryOverhead", "300m"), probe(0, "a", "0"));
    check(
        conf("spark://host:7077").set("spark.executor.memory", "5g"),
        probe(0, "a", "0", 3 * GIBIBYTE));

    assertThat(findings.problems()).isEmpty();
    assertThat(findings.warnings()).hasSize(2);
    assertThat(findings.warnings().get(0)).contains("has 300m (spark.executor.memoryOverhead");
    assertThat(findings.warnings().get(1))
        .startsWith("Invalid train.ranks 1 for a: its 1 rank(s) need ")
        .contains("m of native memory by the plan and 5120m of heaps, and it has 3072m");
  }

  @Test
  void hostMustHaveWhatIsNative() {
    check(
        conf("spark://host:7077"),
        probe(0, "a", "0", 600 * MEBIBYTE),
        probe(1, "a", "1", 600 * MEBIBYTE));

    long needed = (layouts.heaviest(2).nativePeakOf(2, 2) + MEBIBYTE - 1) / MEBIBYTE;
    assertThat(findings.problems())
        .containsExactly(
            ("Invalid weights.layout replicated on 2 ranks: host a with 2 rank(s) needs %dm beside"
                    + " its heap and has 600m (its memory)%s")
                .formatted(needed, NOTHING_FITS));
  }

  @Test
  void operatingSystemMayLetAProcessHaveLess() {
    MemoryLimit tight = group("7", 500);
    MemoryLimit tighter = new MemoryLimit("RLIMIT_AS", "", 4096 * MEBIBYTE, 4097 * MEBIBYTE);

    check(
        conf("spark://host:7077"),
        probe(0, "a", "0"),
        probe(1, "b", "1", 64 * GIBIBYTE, tight),
        probe(2, "c", "2", 64 * GIBIBYTE, tighter));

    assertThat(findings.problems())
        .as("the one that lacks most")
        .containsExactly(
            ("Invalid weights.layout replicated on 3 ranks: rank 2 on c needs %dm beside its heap"
                    + " and has 0m (RLIMIT_AS 4096m)%s")
                .formatted(needed(3, 1), NOTHING_FITS));
  }

  @Test
  void localRanksShareOneProcess() {
    MemoryLimit tight = group("7", 500);

    check(
        conf("local[2]").set("spark.executor.memoryOverhead", "1m"),
        probe(0, "a", "driver", 64 * GIBIBYTE, tight),
        probe(1, "a", "driver", 64 * GIBIBYTE, tight));

    assertThat(findings.warnings()).isEmpty();
    assertThat(findings.problems())
        .singleElement()
        .asString()
        .startsWith(
            ("Invalid weights.layout replicated on 2 ranks: the process of rank 0 on a, with 2"
                    + " ranks, needs %dm beside its heap and has 200m (memory.max 500m); ")
                .formatted(needed(2, 2)));
  }

  @Test
  void processesOfOneControlGroupNeedTheirMemoryTogether() {
    long each = needed(2, 1);
    MemoryLimit both = group("7", 2 * (each + 300) - 1);

    check(
        conf("spark://host:7077"),
        probe(0, "a", "0", 64 * GIBIBYTE, both),
        probe(1, "a", "1", 64 * GIBIBYTE, both));

    assertThat(findings.problems())
        .singleElement()
        .asString()
        .startsWith(
            ("Invalid weights.layout replicated on 2 ranks: the control group of ranks 0, 1 on a"
                    + " needs %dm beside its heap and has %dm (memory.max %dm); ")
                .formatted(
                    (layouts.heaviest(2).nativePeakOf(2, 2) + MEBIBYTE - 1) / MEBIBYTE,
                    2 * each - 1,
                    2 * (each + 300) - 1));
  }

  @Test
  void controlGroupsOfTwoProcessesOrHostsCountAlone() {
    MemoryLimit enough = group("7", needed(2, 1) + 300);

    check(
        conf("spark://host:7077"),
        probe(0, "a", "0", 64 * GIBIBYTE, enough),
        probe(1, "b", "1", 64 * GIBIBYTE, enough));
    check(
        conf("spark://host:7077"),
        probe(0, "a", "0", 64 * GIBIBYTE, enough),
        probe(1, "a", "1", 64 * GIBIBYTE, group("8", needed(2, 1) + 300)));

    assertThat(findings.problems()).isEmpty();
  }

  /** A control group with a process in it that has a heap of 300 MiB. */
  private static MemoryLimit group(String group, long mebibytes) {
    return new MemoryLimit("memory.max", group, mebibytes * MEBIBYTE, 300 * MEBIBYTE);
  }

  private long needed(int ranks, int ofProcess) {
    return (layouts.heaviest(ranks).nativePeakOf(ofProcess, 1) + MEBIBYTE - 1) / MEBIBYTE;
  }

  private void check(SparkConf spark, RankProbe... probes) {
    new MemoryChecks(spark, layouts, findings).check(new ClusterChecks(List.of(probes), findings));
  }

  private static SparkConf conf(String master) {
    return new SparkConf(false).setMaster(master);
  }

  private static RankProbe probe(int rank, String host, String executor) {
    return probe(rank, host, executor, 64 * GIBIBYTE, new MemoryLimit[0]);
  }

  private static RankProbe probe(
      int rank, String host, String executor, long memory, MemoryLimit... limits) {
    Placement placement = new Placement(rank, host, executor, List.of(), "cpu");
    return new RankProbe(placement, new HashMap<>(), 0, memory, List.of(limits), List.of());
  }
}
