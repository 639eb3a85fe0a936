package normuon.job.lake;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The token shards of a directory. */
final class Shards {

  private Shards() {}

  /** Their names and bytes, in the order of the names. */
  static byte[] bytes(Path tokens) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (Path file : files(tokens)) {
      bytes.write((file.getFileName() + "\n").getBytes(StandardCharsets.UTF_8));
      bytes.write(Files.readAllBytes(file));
    }
    return bytes.toByteArray();
  }

  static List<Path> files(Path tokens) throws IOException {
    try (var files = Files.list(tokens)) {
      return files.filter(file -> file.toString().endsWith(".bin")).sorted().toList();
    }
  }
}
