package normuon.job.preflight;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HostMemoryTest {

  @TempDir private Path folder;

  @Test
  void theHostsMemoryIsReadWhateverAProcessMayHaveOfIt() throws IOException {
    Path file =
        Files.writeString(folder.resolve("meminfo"), "MemTotal:       16 kB\nMemFree:  3 kB\n");

    assertThat(HostMemory.of(file, 7)).isEqualTo(16 * 1024);
  }

  @Test
  void anotherSystemsIsWhatJavaKnows() {
    assertThat(HostMemory.of(folder.resolve("none"), 7)).isEqualTo(7);
  }
}
