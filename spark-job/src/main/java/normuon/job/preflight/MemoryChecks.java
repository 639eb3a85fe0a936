package normuon.job.preflight;

import java.util.Comparator;
import java.util.List;
import normuon.job.plan.Layouts;
import normuon.job.plan.RankMemory;
import org.apache.spark.SparkConf;

/** Whether the native memory of the ranks, which is no part of a Java heap, has room. */
final class MemoryChecks {

  private static final String OVERHEAD = "spark.executor.memoryOverhead";
  private static final String FACTOR = "spark.executor.memoryOverheadFactor";
  private static final long MEBIBYTE = 1L << 20;

  private final SparkConf spark;
  private final Layouts layouts;
  private final Findings findings;

  MemoryChecks(SparkConf spark, Layouts layouts, Findings findings) {
    this.spark = spark;
    this.layouts = layouts;
    this.findings = findings;
  }

  /** Checks every executor and every host of a cluster. */
  void check(ClusterChecks cluster) {
    RankMemory heaviest = layouts.heaviest(cluster.ranks());
    if (!isLocal()) {
      overhead(cluster, heaviest);
    }
    limits(cluster, heaviest);
    cluster.hosts().forEach((name, ranks) -> host(name, ranks, cluster.ranks(), heaviest));
  }

  /**
   * Kubernetes and YARN end an executor that takes more than heap and overhead. A standalone worker
   * does not look, so that only a number that the user gave can be wrong there.
   */
  private void overhead(ClusterChecks cluster, RankMemory heaviest) {
    int most = cluster.executors().values().stream().mapToInt(List::size).max().orElse(1);
    long needed = heaviest.nativePeakOf(most, 1);
    long reserved = reservedMebibytes() * MEBIBYTE;
    boolean promised = isEnforced() || spark.contains(OVERHEAD);
    if (needed <= reserved || !promised) {
      return;
    }
    String line =
        layouts.refusal(
                cluster.ranks(),
                "an executor with %d rank(s)".formatted(most),
                reserved,
                "%s at %s".formatted(OVERHEAD, master()),
                (memory, ranks) -> memory.nativePeakOf(most, 1))
            + "; or set %s to at least %dm".formatted(OVERHEAD, mebibytes(needed));
    if (isEnforced()) {
      findings.problem(line);
    } else {
      findings.warning(line);
    }
  }

  private boolean isEnforced() {
    return master().startsWith("yarn") || master().startsWith("k8s");
  }

  private boolean isLocal() {
    return master().equals("local") || master().startsWith("local[");
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

  /** The operating system's limits; of several that leave too little the one that lacks most. */
  private void limits(ClusterChecks cluster, RankMemory heaviest) {
    LimitedRanks.of(cluster.probes()).stream()
        .filter(limited -> limited.lacking(heaviest) > 0)
        .max(Comparator.comparingLong(limited -> limited.lacking(heaviest)))
        .ifPresent(limited -> findings.problem(refusal(limited, cluster.ranks())));
  }

  private String refusal(LimitedRanks limited, int allRanks) {
    return layouts.refusal(
        allRanks,
        limited.who(),
        limited.availableBytes(),
        limited.limit(),
        (memory, anyRanks) ->
            memory.nativePeakOf(
                isLocal() ? anyRanks : limited.ranks().size(), limited.processes()));
  }

  private void host(String name, List<RankProbe> ranks, int allRanks, RankMemory heaviest) {
    long processes = ranks.stream().map(rank -> rank.placement().executorId()).distinct().count();
    long natives = heaviest.nativePeakOf(ranks.size(), processes);
    long heaps = isLocal() ? 0 : processes * heapBytes();
    long memory = ranks.get(0).memoryBytes();
    if (natives > memory) {
      findings.problem(
          layouts.refusal(
              allRanks,
              "host %s with %d rank(s)".formatted(name, ranks.size()),
              memory,
              "its memory",
              (each, anyRanks) ->
                  each.nativePeakOf(isLocal() ? anyRanks : ranks.size(), processes)));
    } else if (natives + heaps > memory) {
      findings.warning(
          "Invalid train.ranks %d for %s: its %d rank(s) need %dm of native memory by the plan and %dm of heaps, and it has %dm; run fewer there, or lower spark.executor.memory or train.micro_batch_sequences"
              .formatted(
                  allRanks,
                  name,
                  ranks.size(),
                  natives / MEBIBYTE,
                  heaps / MEBIBYTE,
                  memory / MEBIBYTE));
    }
  }

  private static long mebibytes(long bytes) {
    return (bytes + MEBIBYTE - 1) / MEBIBYTE;
  }
}
