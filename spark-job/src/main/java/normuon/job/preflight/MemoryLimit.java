package normuon.job.preflight;

import java.io.IOException;
import java.io.Serializable;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A limit that the operating system sets on the memory of a process, or of several together.
 *
 * @param name what sets it
 * @param group which of its host's control groups it is that of; empty if it is the process's own
 * @param bytes the limit in bytes
 * @param takenBytes what of it the process takes without its native memory, in bytes
 */
public record MemoryLimit(String name, String group, long bytes, long takenBytes)
    implements Serializable {

  private static final String ADDRESS_SPACE = "Max address space";
  private static final String SECOND_VERSION = "0::";

  /** The limits of this process, whose heap will grow to its largest. */
  static List<MemoryLimit> ofThisProcess() {
    return of(Path.of("/"), Runtime.getRuntime().maxMemory());
  }

  /**
   * The limits of a process: {@code RLIMIT_AS}, of which all that is mapped is taken, and those of
   * its control group and of the groups around it, of which its heap is taken.
   *
   * @param root the folder with {@code proc/self} and {@code sys/fs/cgroup}
   * @param heapBytes the process's largest heap
   */
  static List<MemoryLimit> of(Path root, long heapBytes) {
    List<MemoryLimit> limits = new ArrayList<>();
    Path self = root.resolve("proc/self");
    addressSpace(self).ifPresent(limits::add);
    for (String line : lines(self.resolve("cgroup"))) {
      limits.addAll(controlGroups(root.resolve("sys/fs/cgroup"), line, heapBytes));
    }
    return limits;
  }

  private static Optional<MemoryLimit> addressSpace(Path self) {
    return lines(self.resolve("limits")).stream()
        .filter(line -> line.startsWith(ADDRESS_SPACE))
        .map(line -> line.substring(ADDRESS_SPACE.length()).strip().split(" +")[0])
        .filter(MemoryLimit::isNumber)
        .map(Long::parseLong)
        .map(limit -> new MemoryLimit("RLIMIT_AS", "", limit, mapped(self)))
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
   * The limits of a control group and those around it.
   *
   * @param line of {@code /proc/self/cgroup}: {@code 0::PATH}, or {@code NUMBER:CONTROLLERS:PATH}
   */
  private static List<MemoryLimit> controlGroups(Path groups, String line, long heapBytes) {
    if (line.startsWith(SECOND_VERSION)) {
      return around(groups, line.substring(SECOND_VERSION.length()), "memory.max", heapBytes);
    }
    String[] fields = line.split(":", 3);
    boolean counts = fields.length == 3 && List.of(fields[1].split(",")).contains("memory");
    return counts
        ? around(groups.resolve("memory"), fields[2], "memory.limit_in_bytes", heapBytes)
        : List.of();
  }

  /** Where a container sees its own group alone that is the root, whatever the path says. */
  private static List<MemoryLimit> around(
      Path hierarchy, String path, String file, long heapBytes) {
    Path group = hierarchy.resolve(path.substring(1)).normalize();
    List<MemoryLimit> limits = new ArrayList<>();
    while (group.startsWith(hierarchy)) {
      String identity = identity(group);
      lines(group.resolve(file)).stream()
          .filter(MemoryLimit::isNumber)
          .map(Long::parseLong)
          .forEach(bytes -> limits.add(new MemoryLimit(file, identity, bytes, heapBytes)));
      group = group.getParent();
    }
    return limits;
  }

  /**
   * What processes of one host that share the group agree on. Its path is not: two containers each
   * see their own as the root. Nor is the device, which differs between their mounts.
   */
  private static String identity(Path group) {
    try {
      return Files.getAttribute(group, "unix:ino").toString();
    } catch (IOException | UnsupportedOperationException notThere) {
      return group.toString(); // Then it has no file with a limit either.
    }
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
