package normuon.job.report;

import java.util.ArrayList;
import java.util.List;

/** Writes the whole file at each flush, for file systems that cannot append. */
final class RewrittenLines implements RecordLines {

  private final RunDirectory directory;
  private final String name;
  private final List<String> lines;

  RewrittenLines(RunDirectory directory, String name, List<String> lines) {
    this.directory = directory;
    this.name = name;
    this.lines = new ArrayList<>(lines);
  }

  @Override
  public void add(String line) {
    lines.add(line);
  }

  @Override
  public void flush() {
    directory.replace(name, RecordLog.text(lines));
  }

  @Override
  public void abandon() {
    lines.clear();
  }

  @Override
  public void close() {
    flush();
  }
}
