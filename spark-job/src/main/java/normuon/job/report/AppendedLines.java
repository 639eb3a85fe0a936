package normuon.job.report;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** Appends to a local file; a reader sees every line as soon as it is added. */
final class AppendedLines implements RecordLines {

  private final Path file;
  private final Writer writer;

  AppendedLines(Path file) {
    this.file = file;
    try {
      writer = Files.newBufferedWriter(file, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    } catch (IOException unwritable) {
      throw new UncheckedIOException("Cannot write " + file, unwritable);
    }
  }

  @Override
  public void add(String line) {
    try {
      writer.write(line + "\n");
      writer.flush();
    } catch (IOException unwritable) {
      throw new UncheckedIOException("Cannot write " + file, unwritable);
    }
  }

  @Override
  public void flush() {
    // Every line is flushed when it is added.
  }

  @Override
  public void abandon() {
    close();
  }

  @Override
  public void close() {
    try {
      writer.close();
    } catch (IOException unwritable) {
      throw new UncheckedIOException("Cannot close " + file, unwritable);
    }
  }
}
