package normuon.job.preflight;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MemoryLimitTest {

  private static final long MEBIBYTE = 1L << 20;
  private static final long HEAP = 100 * MEBIBYTE;

  @TempDir private Path root;

  @Test
  void nothingMayLimitAProcess() throws IOException {
    assertThat(MemoryLimit.of(root, HEAP)).as("no such files").isEmpty();

    limits("unlimited");
    write("proc/self/cgroup", "4:memory:/\n3:cpu,cpuacct:/a\n0::/");
    write("sys/fs/cgroup/memory.max", "max");
    write("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712");

    assertThat(MemoryLimit.of(root, HEAP)).isEmpty();
  }

  @Test
  void allThatIsMappedIsTakenOfTheAddressSpace() throws IOException {
    limits(Long.toString(8192 * MEBIBYTE));
    write("proc/self/status", "VmPeak:\t 9 kB\nVmSize:\t 5242880 kB\nVmRSS:\t 7 kB");

    assertThat(MemoryLimit.of(root, HEAP))
        .containsExactly(new MemoryLimit("RLIMIT_AS", "", 8192 * MEBIBYTE, 5120 * MEBIBYTE))
        .extracting(MemoryLimit::describe)
        .containsExactly("RLIMIT_AS 8192m");
  }

  @Test
  void groupsAroundItsControlGroupCount() throws IOException {
    write("proc/self/cgroup", "0::/pod/container");
    write("sys/fs/cgroup/pod/container/memory.max", "max");
    write("sys/fs/cgroup/pod/memory.max", Long.toString(700 * MEBIBYTE));

    assertThat(MemoryLimit.of(root, HEAP))
        .containsExactly(
            new MemoryLimit("memory.max", inode("sys/fs/cgroup/pod"), 700 * MEBIBYTE, HEAP));
  }

  @Test
  void aContainerSeesItsControlGroupAsTheRoot() throws IOException {
    write("proc/self/cgroup", "9:pids:/docker/x\n4:memory:/docker/x");
    write("sys/fs/cgroup/memory/memory.limit_in_bytes", Long.toString(500 * MEBIBYTE));

    assertThat(MemoryLimit.of(root, HEAP))
        .containsExactly(
            new MemoryLimit(
                "memory.limit_in_bytes", inode("sys/fs/cgroup/memory"), 500 * MEBIBYTE, HEAP));
  }

  @Test
  void allLimitsCount() throws IOException {
    limits(Long.toString(8192 * MEBIBYTE));
    write("proc/self/status", "VmSize:\t 1024 kB");
    write("proc/self/cgroup", "0::/executor");
    write("sys/fs/cgroup/executor/memory.max", Long.toString(300 * MEBIBYTE));
    write("sys/fs/cgroup/memory.max", Long.toString(900 * MEBIBYTE));

    assertThat(MemoryLimit.of(root, HEAP))
        .extracting(MemoryLimit::name)
        .containsExactly("RLIMIT_AS", "memory.max", "memory.max");
  }

  @Test
  void aContainerIsKnownByItsGroupAndNotByThePathItSees() throws IOException {
    write("proc/self/cgroup", "0::/");
    write("sys/fs/cgroup/memory.max", Long.toString(300 * MEBIBYTE));
    List<MemoryLimit> first = MemoryLimit.of(root, HEAP);
    Files.move(root.resolve("sys/fs/cgroup"), root.resolve("sys/fs/other"));
    write("sys/fs/cgroup/memory.max", Long.toString(300 * MEBIBYTE));

    assertThat(MemoryLimit.of(root, HEAP)).hasSize(1).isNotEqualTo(first);
    assertThat(MemoryLimit.ofThisProcess()).isEqualTo(MemoryLimit.ofThisProcess());
  }

  private String inode(String folder) throws IOException {
    return Files.getAttribute(root.resolve(folder), "unix:ino").toString();
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
