package normuon.job.data;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import normuon.job.data.TokenManifest.Source;
import normuon.job.data.TokenManifest.SourceFile;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/** The text of the built-in sample as a source: always the same. */
final class SampleText {

  private static final String FILE = "sample.txt";
  private static final long SEED = 1;
  private static final int CHARACTERS = 2_000_000;

  private final byte[] text =
      SampleGrammar.text(SEED, CHARACTERS).getBytes(StandardCharsets.US_ASCII);

  /** The sample as a manifest describes it. */
  Source source() {
    SourceFile file = new SourceFile(FILE, text.length, 0);
    return Source.ofFiles(PreparationRequest.SAMPLE, SourceFormat.TEXT, "", List.of(file));
  }

  /** Writes the sample into a directory, for the tasks and for people to read. */
  SourceFile write(FileSystem files, Path directory) throws IOException {
    Path file = new Path(directory, FILE);
    try (OutputStream out = files.create(file, true)) {
      out.write(text);
    }
    return new SourceFile(file.toString(), text.length, 0);
  }
}
