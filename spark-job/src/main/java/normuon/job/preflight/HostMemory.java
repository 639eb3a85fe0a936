package normuon.job.preflight;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The memory of a host. Java tells that of this process's control group instead where one is set,
 * and executors of one host may each have their own.
 */
final class HostMemory {

  private static final String FIELD = "MemTotal:";

  private HostMemory() {}

  /** The memory of this host in bytes; what Java knows where the system is not Linux. */
  static long bytes() {
    long known =
        ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getTotalMemorySize();
    return of(Path.of("/proc/meminfo"), known);
  }

  /**
   * What a file like {@code /proc/meminfo} says.
   *
   * @param known the answer where there is no such file
   */
  static long of(Path file, long known) {
    try {
      return Files.readAllLines(file).stream()
          .filter(line -> line.startsWith(FIELD))
          .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) << 10)
          .findFirst()
          .orElse(known);
    } catch (IOException notLinux) {
      return known;
    }
  }
}
