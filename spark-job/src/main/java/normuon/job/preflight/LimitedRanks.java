package normuon.job.preflight;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import normuon.job.plan.RankMemory;
import normuon.job.train.Placement;

/**
 * Ranks whose processes share a limit of the operating system: those of one process, or of several
 * in one control group.
 *
 * @param ranks at least one
 * @param bytes the limit in bytes
 * @param limit its words
 * @param takenBytes what each process takes of it without its native memory, in bytes, by executor
 */
record LimitedRanks(List<RankProbe> ranks, long bytes, String limit, Map<String, Long> takenBytes) {

  /** Where a limit holds: the host, the limit's name, and the control group or the process. */
  private record Scope(String host, String name, String group) {

    static Scope of(Placement placement, MemoryLimit limit) {
      String group = limit.group().isEmpty() ? placement.executorId() : limit.group();
      return new Scope(placement.host(), limit.name(), group);
    }
  }

  /** The ranks under each limit. */
  static Collection<LimitedRanks> of(List<RankProbe> probes) {
    Map<Scope, LimitedRanks> scopes = new HashMap<>();
    for (RankProbe probe : probes) {
      for (MemoryLimit limit : probe.limits()) {
        scopes
            .computeIfAbsent(
                Scope.of(probe.placement(), limit),
                scope ->
                    new LimitedRanks(
                        new ArrayList<>(), limit.bytes(), limit.describe(), new HashMap<>()))
            .add(probe, limit);
      }
    }
    return scopes.values();
  }

  private void add(RankProbe probe, MemoryLimit limit) {
    ranks.add(probe);
    takenBytes.put(probe.placement().executorId(), limit.takenBytes());
  }

  int processes() {
    return takenBytes.size();
  }

  /** What is left for native memory, in bytes. */
  long availableBytes() {
    return bytes - takenBytes.values().stream().mapToLong(Long::longValue).sum();
  }

  /** How much more the ranks need than there is, in bytes. */
  long lacking(RankMemory heaviest) {
    return heaviest.nativePeakOf(ranks.size(), processes()) - availableBytes();
  }

  /** For messages. */
  String who() {
    RankProbe first = ranks.get(0);
    if (ranks.size() == 1) {
      return first.who();
    }
    return processes() == 1
        ? "the process of %s, with %d ranks,".formatted(first.who(), ranks.size())
        : "the control group of %s on %s".formatted(numbers(), first.placement().host());
  }

  private String numbers() {
    return ranks.stream()
        .map(rank -> Integer.toString(rank.placement().rank()))
        .collect(Collectors.joining(", ", "ranks ", ""));
  }
}
