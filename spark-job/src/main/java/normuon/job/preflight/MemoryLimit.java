package normuon.job.preflight;

import java.io.IOException;
import java.io.Serializable;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * A limit that the operating system sets on the memory of a process.
 *
 * @param name what sets it; empty if nothing does
 * @param bytes the limit in bytes
 * @param availableBytes what of it is left for native memory, in bytes
 */
public record MemoryLimit(String name, long bytes, long availableBytes) implements Serializable {

  static final MemoryLimit NONE = new MemoryLimit("", Long.MAX_VALUE, Long.MAX_VALUE);

  private static final String ADDRESS_SPACE = "Max address space";
  private static final String SECOND_VERSION = "0::";

  /** The limit that leaves this process the least. */
  static MemoryLimit ofThisProcess() {
    return of(Path.of("/"), Runtime.getRuntime().totalMemory());
  }

  /**
   * The limit that leaves a process the least: {@code RLIMIT_AS}, of which all that is mapped is
   * taken, or the one of its control group or of a group around it, of which its heap is taken.
   *
   * @param root the folder with {@code proc/self} and {@code sys/fs/cgroup}
   * @param heapBytes the process's heap
   */
  static MemoryLimit of(Path root, long heapBytes) {
    List<MemoryLimit> limits = new ArrayList<>();
    Path self = root.resolve("proc/self");
    addressSpace(self).ifPresent(limits::add);
    for (String line : lines(self.resolve("cgroup"))) {
      controlGroup(root.resolve("sys/fs/cgroup"), line, heapBytes).ifPresent(limits::add);
    }
    return limits.stream().min(Comparator.comparingLong(MemoryLimit::availableBytes)).orElse(NONE);
  }

  private static Optional<MemoryLimit> addressSpace(Path self) {
    return lines(self.resolve("limits")).stream()
        .filter(line -> line.startsWith(ADDRESS_SPACE))
        .map(line -> line.substring(ADDRESS_SPACE.length()).strip().split(" +")[0])
        .filter(MemoryLimit::isNumber)
        .map(Long::parseLong)
        .map(limit -> new MemoryLimit("RLIMIT_AS", limit, limit - mapped(self)))
        .findFirst();
  }

  private static long mapped(Path self) {
    return lines(self.resolve("status")).stream()
        .filter(line -> line.startsWith("VmSize:"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) << 10)
        .findFirst()
        .orElse(0);
  }

  /**
   * The least limit of a control group and those around it.
   *
   * @param line of {@code /proc/self/cgroup}: {@code 0::PATH}, or {@code NUMBER:CONTROLLERS:PATH}
   */
  private static Optional<MemoryLimit> controlGroup(Path groups, String line, long heapBytes) {
    if (line.startsWith(SECOND_VERSION)) {
      return least(groups, line.substring(SECOND_VERSION.length()), "memory.max", heapBytes);
    }
    String[] fields = line.split(":", 3);
    boolean counts = fields.length == 3 && List.of(fields[1].split(",")).contains("memory");
    return counts
        ? least(groups.resolve("memory"), fields[2], "memory.limit_in_bytes", heapBytes)
        : Optional.empty();
  }

  /** Where a container sees its own group alone that is the root, whatever the path says. */
  private static Optional<MemoryLimit> least(
      Path hierarchy, String path, String file, long heapBytes) {
    Path group = hierarchy.resolve(path.substring(1)).normalize();
    List<MemoryLimit> limits = new ArrayList<>();
    while (group.startsWith(hierarchy)) {
      lines(group.resolve(file)).stream()
          .filter(MemoryLimit::isNumber)
          .map(Long::parseLong)
          .forEach(bytes -> limits.add(new MemoryLimit(file, bytes, bytes - heapBytes)));
      group = group.getParent();
    }
    return limits.stream().min(Comparator.comparingLong(MemoryLimit::bytes));
  }

  /** The first version of control groups says "none" by a number of 19 digits. */
  private static boolean isNumber(String text) {
    return text.matches("\\d{1,18}");
  }

  private static List<String> lines(Path file) {
    try {
      return Files.readAllLines(file);
    } catch (IOException notThere) {
      return List.of(); // A system without the file, or that hides it, sets no limit that is known.
    }
  }

  /** For messages. */
  String describe() {
    return "%s %dm".formatted(name, bytes >> 20);
  }
}
