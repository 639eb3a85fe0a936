package normuon.job.preflight;

import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** What must hold between the ranks of a cluster, once each has looked round. */
final class ClusterChecks {

  /** Leases, deadlines and the times of checkpoints survive this much. */
  private static final Duration LARGEST_CLOCK_DIFFERENCE = Duration.ofSeconds(10);

  private final List<RankProbe> probes;
  private final Findings findings;

  ClusterChecks(List<RankProbe> probes, Findings findings) {
    this.probes = probes;
    this.findings = findings;
  }

  /** What ranks have found by themselves. */
  void ownProblems() {
    probes.forEach(probe -> probe.problems().forEach(findings::problem));
  }

  /** No GPU has two ranks, nor an executor where its loss would be that of several ranks. */
  void devices() {
    Map<String, RankProbe> users = new HashMap<>();
    for (RankProbe probe : probes) {
      for (String address : probe.placement().gpuAddresses()) {
        RankProbe other = users.putIfAbsent(probe.placement().host() + " " + address, probe);
        if (other != null) {
          sharedGpu(address, other, probe);
        }
      }
    }
    executors().forEach(this::sharedExecutor);
  }

  private void sharedGpu(String address, RankProbe one, RankProbe other) {
    String line =
        "Invalid GPU address %s on %s: ranks %d and %d both have it; let each worker's spark.worker.resource.gpu.discoveryScript name GPUs of its own"
            .formatted(
                address, one.placement().host(), one.placement().rank(), other.placement().rank());
    if (one.placement().onGpu() && other.placement().onGpu()) {
      findings.problem(line);
    } else {
      findings.warning(line);
    }
  }

  /** What each rank has seen. */
  List<RankProbe> probes() {
    return probes;
  }

  /** The number of ranks. */
  int ranks() {
    return probes.size();
  }

  /** The probes of each executor. */
  Map<String, List<RankProbe>> executors() {
    return probes.stream()
        .collect(
            Collectors.groupingBy(
                probe -> probe.placement().executorId(), TreeMap::new, Collectors.toList()));
  }

  private void sharedExecutor(String executor, List<RankProbe> ranks) {
    boolean local = executor.equals("driver");
    if (ranks.size() > 1 && !local) {
      findings.warning(
          "Executor %s on %s runs ranks %s: if it is lost, they are lost together; for one rank each set spark.task.cpus to more than half of spark.executor.cores"
              .formatted(
                  executor,
                  ranks.get(0).placement().host(),
                  ranks.stream()
                      .map(rank -> Integer.toString(rank.placement().rank()))
                      .collect(Collectors.joining(", "))));
    }
  }

  /** All ranks run the same: what they compute must have the same bits. */
  void versions() {
    RankProbe first = probes.get(0);
    for (String name : new TreeMap<>(first.versions()).keySet()) {
      for (RankProbe probe : probes) {
        String found = probe.versions().get(name);
        if (found != null && !found.equals(first.versions().get(name))) {
          findings.problem(
              "Invalid version of %s for %s: %s; %s has %s; install the same on every host%s"
                  .formatted(
                      name,
                      probe.who(),
                      found,
                      first.who(),
                      first.versions().get(name),
                      setting(name)));
        }
      }
    }
  }

  private static String setting(String name) {
    return switch (name) {
      case "Java" -> ", or set spark.executorEnv.JAVA_HOME";
      case "PyTorch" -> ", or set spark.executorEnv.PYTORCH_LIBRARY_PATH";
      default -> "";
    };
  }

  /**
   * Clocks agree with the driver's.
   *
   * @param from the driver's clock before the first rank looked at its own, in milliseconds
   * @param to the driver's clock after the last one did
   */
  void clocks(long from, long to) {
    for (RankProbe probe : probes) {
      long behind = from - probe.clockMillis();
      long ahead = probe.clockMillis() - to;
      long difference = Math.max(behind, ahead);
      if (difference > LARGEST_CLOCK_DIFFERENCE.toMillis()) {
        findings.problem(
            "Invalid clock of %s for rank %d: %.1f s %s that of the driver, must be within %d s; synchronize it (NTP)"
                .formatted(
                    probe.placement().host(),
                    probe.placement().rank(),
                    difference / 1000.0,
                    ahead > behind ? "ahead of" : "behind",
                    LARGEST_CLOCK_DIFFERENCE.toSeconds()));
      }
    }
  }

  /** The probes of each host. */
  Map<String, List<RankProbe>> hosts() {
    return probes.stream()
        .sorted(Comparator.comparingInt(probe -> probe.placement().rank()))
        .collect(
            Collectors.groupingBy(
                probe -> probe.placement().host(), TreeMap::new, Collectors.toList()));
  }
}
