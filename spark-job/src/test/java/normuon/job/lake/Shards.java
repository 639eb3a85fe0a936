package normuon.job.lake;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Predicate;

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
    return list(tokens, name -> name.endsWith(".bin"));
  }

  /** The files of a folder whose names begin so. */
  static List<Path> named(Path folder, String start) throws IOException {
    return list(folder, name -> name.startsWith(start));
  }

  private static List<Path> list(Path folder, Predicate<String> wanted) throws IOException {
    try (var files = Files.list(folder)) {
      return files.filter(file -> wanted.test(file.getFileName().toString())).sorted().toList();
    }
  }
}
