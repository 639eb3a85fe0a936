package normuon.job.preflight;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MemoryLimitTest {

  private static final long MEBIBYTE = 1L << 20;
  private static final long HEAP = 100 * MEBIBYTE;

  @TempDir private Path root;

  @Test
  void nothingMayLimitAProcess() throws IOException {
    assertThat(MemoryLimit.of(root, HEAP)).as("no such files").isEqualTo(MemoryLimit.NONE);

    limits("unlimited");
    write("proc/self/cgroup", "4:memory:/\n3:cpu,cpuacct:/a\n0::/");
    write("sys/fs/cgroup/memory.max", "max");
    write("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712");

    assertThat(MemoryLimit.of(root, HEAP)).isEqualTo(MemoryLimit.NONE);
  }

  @Test
  void allThatIsMappedIsTakenOfTheAddressSpace() throws IOException {
    limits(Long.toString(8192 * MEBIBYTE));
    write("proc/self/status", "VmPeak:\t 9 kB\nVmSize:\t 5242880 kB\nVmRSS:\t 7 kB");

    assertThat(MemoryLimit.of(root, HEAP))
        .isEqualTo(new MemoryLimit("RLIMIT_AS", 8192 * MEBIBYTE, 3072 * MEBIBYTE));
    assertThat(MemoryLimit.of(root, HEAP).describe()).isEqualTo("RLIMIT_AS 8192m");
  }

  @Test
  void groupsAroundItsControlGroupCount() throws IOException {
    write("proc/self/cgroup", "0::/pod/container");
    write("sys/fs/cgroup/pod/container/memory.max", "max");
    write("sys/fs/cgroup/pod/memory.max", Long.toString(700 * MEBIBYTE));

    assertThat(MemoryLimit.of(root, HEAP))
        .isEqualTo(new MemoryLimit("memory.max", 700 * MEBIBYTE, 600 * MEBIBYTE));
  }

  @Test
  void aContainerSeesItsControlGroupAsTheRoot() throws IOException {
    write("proc/self/cgroup", "9:pids:/docker/x\n4:memory:/docker/x");
    write("sys/fs/cgroup/memory/memory.limit_in_bytes", Long.toString(500 * MEBIBYTE));

    assertThat(MemoryLimit.of(root, HEAP))
        .isEqualTo(new MemoryLimit("memory.limit_in_bytes", 500 * MEBIBYTE, 400 * MEBIBYTE));
  }

  @Test
  void theOneThatLeavesTheLeastCounts() throws IOException {
    limits(Long.toString(8192 * MEBIBYTE));
    write("proc/self/status", "VmSize:\t 1024 kB");
    write("proc/self/cgroup", "0::/");
    write("sys/fs/cgroup/memory.max", Long.toString(300 * MEBIBYTE));

    assertThat(MemoryLimit.of(root, HEAP).name()).isEqualTo("memory.max");
  }

  private void limits(String addressSpace) throws IOException {
    write(
        "proc/self/limits",
        """
        Limit                     Soft Limit           Hard Limit           Units
        Max cpu time              unlimited            unlimited            seconds
        Max address space         %s           unlimited            bytes
        """
            .formatted(addressSpace));
  }

  private void write(String file, String text) throws IOException {
    Path path = root.resolve(file);
    Files.createDirectories(path.getParent());
    Files.writeString(path, text + "\n");
  }
}
