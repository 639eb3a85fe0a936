package normuon.job.preflight;

import java.util.List;
import normuon.job.plan.RunPlan;
import org.apache.spark.SparkConf;

/** Whether the native memory of the ranks, which is no part of a Java heap, has room. */
final class MemoryChecks {

  private static final String OVERHEAD = "spark.executor.memoryOverhead";
  private static final String FACTOR = "spark.executor.memoryOverheadFactor";
  private static final long MEBIBYTE = 1L << 20;

  private final SparkConf spark;
  private final RunPlan plan;
  private final Findings findings;

  MemoryChecks(SparkConf spark, RunPlan plan, Findings findings) {
    this.spark = spark;
    this.plan = plan;
    this.findings = findings;
  }

  /** Checks every executor and every host of a cluster. */
  void check(ClusterChecks cluster) {
    int most = cluster.executors().values().stream().mapToInt(List::size).max().orElse(1);
    overhead(most);
    cluster.hosts().forEach(this::host);
  }

  /**
   * Kubernetes and YARN end an executor that takes more than heap and overhead. A standalone worker
   * does not look, so that only a number that the user gave can be wrong there.
   *
   * @param ranksOfExecutor the most ranks that an executor runs
   */
  private void overhead(int ranksOfExecutor) {
    long needed = plan.overheadMebibytes(ranksOfExecutor);
    long reserved = reservedMebibytes();
    if (needed <= reserved) {
      return;
    }
    String line =
        "Invalid %s %dm at %s: an executor with %d rank(s) needs %dm beside its heap by the plan; set it to at least %dm, or lower train.micro_batch_sequences"
            .formatted(OVERHEAD, reserved, master(), ranksOfExecutor, needed, needed);
    if (isEnforced()) {
      findings.problem(line);
    } else if (spark.contains(OVERHEAD)) {
      findings.warning(line);
    }
  }

  private boolean isEnforced() {
    return master().startsWith("yarn") || master().startsWith("k8s");
  }

  private String master() {
    return spark.get("spark.master");
  }

  private long reservedMebibytes() {
    if (spark.contains(OVERHEAD)) {
      return spark.getSizeAsMb(OVERHEAD);
    }
    double factor =
        spark.getDouble(FACTOR, spark.getDouble("spark.kubernetes.memoryOverheadFactor", 0.1));
    long least = spark.getSizeAsMb("spark.executor.minMemoryOverhead", "384m");
    return Math.max(least, (long) (factor * heapBytes() / MEBIBYTE));
  }

  private long heapBytes() {
    return spark.getSizeAsBytes("spark.executor.memory", "1g");
  }

  private void host(String name, List<RankProbe> ranks) {
    long executors = ranks.stream().map(rank -> rank.placement().executorId()).distinct().count();
    long natives =
        ranks.size() * (plan.memory().nativePeak() - plan.memory().runtime())
            + executors * plan.memory().runtime();
    long heaps = executors * heapBytes();
    long memory = ranks.get(0).memoryBytes();
    if (natives + heaps > memory) {
      findings.warning(
          "Invalid train.ranks %d for %s: its %d rank(s) need %dm of native memory by the plan and %dm of heaps, and it has %dm; run fewer there, or lower spark.executor.memory or train.micro_batch_sequences"
              .formatted(
                  plan.ranks(),
                  name,
                  ranks.size(),
                  natives / MEBIBYTE,
                  heaps / MEBIBYTE,
                  memory / MEBIBYTE));
    }
  }
}
