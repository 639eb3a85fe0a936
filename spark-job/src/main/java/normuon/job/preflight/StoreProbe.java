package normuon.job.preflight;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import normuon.job.train.Placement;
import normuon.job.train.RunFiles;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * A file that the driver puts into the run directory, that every rank must find there, and beside
 * which every rank must be able to write and remove one of its own.
 */
final class StoreProbe {

  private static final String PREFIX = ".preflight-";

  private StoreProbe() {}

  private static Path file(Path directory, String token) {
    return new Path(directory, PREFIX + token);
  }

  /**
   * Writes the driver's file.
   *
   * @throws IOException if the driver cannot write there
   */
  static void write(RunFiles files, String token) throws IOException {
    files.fileSystem().mkdirs(files.directory());
    write(files.fileSystem(), file(files.directory(), token), token);
  }

  /** Removes the driver's file. */
  static void remove(RunFiles files, String token) throws IOException {
    files.fileSystem().delete(file(files.directory(), token), false);
  }

  private static void write(FileSystem files, Path file, String text) throws IOException {
    try (OutputStream out = files.create(file, true)) {
      out.write(text.getBytes(StandardCharsets.UTF_8));
    }
  }

  /** Looks at the store and at the inputs from a rank. */
  static void check(ProbeRequest request, Placement placement, List<String> problems) {
    try {
      checkStore(request, placement, problems);
    } catch (IOException | RuntimeException failure) {
      problems.add(
          "Cannot write to run.directory %s from rank %d on %s: %s; give the executors' user the right to, or choose another run.directory"
              .formatted(request.directory(), placement.rank(), placement.host(), failure));
    }
    for (String input : request.inputs()) {
      checkInput(input, placement, problems);
    }
  }

  private static void checkStore(ProbeRequest request, Placement placement, List<String> problems)
      throws IOException {
    RunFiles files = RunFiles.of(request.directory());
    Path driversFile = file(files.directory(), request.token());
    try (InputStream in = files.fileSystem().open(driversFile)) {
      String found = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      if (!found.equals(request.token())) {
        throw new IOException(driversFile + " holds '" + found + "'");
      }
    } catch (FileNotFoundException missing) {
      problems.add(
          "Invalid run.directory %s: what the driver writes there does not exist for rank %d on %s; choose a file system that driver and executors share"
              .formatted(request.directory(), placement.rank(), placement.host()));
      return;
    }
    Path own = file(files.directory(), request.token() + "-rank-" + placement.rank());
    write(files.fileSystem(), own, request.token());
    files.fileSystem().delete(own, false);
  }

  private static void checkInput(String input, Placement placement, List<String> problems) {
    String problem = "it does not exist there";
    try {
      RunFiles files = RunFiles.of(input);
      if (files.fileSystem().exists(files.directory())) {
        return;
      }
    } catch (IOException | RuntimeException failure) {
      problem = failure.toString();
    }
    problems.add(
        "Cannot reach %s from rank %d on %s, though the driver can: %s; move it to a file system that driver and executors share"
            .formatted(input, placement.rank(), placement.host(), problem));
  }
}
