package normuon.job.report;

import java.io.Closeable;

/** The lines of one file, written one after the other. */
interface RecordLines extends Closeable {

  /** Adds a line, without its end. */
  void add(String line);

  /** Makes every line added so far visible to readers, where adding does not. */
  void flush();

  /** Releases what is held without another write. */
  void abandon();

  @Override
  void close();
}
