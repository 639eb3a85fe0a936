package normuon.job.track;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import normuon.job.config.Location;
import normuon.job.report.AttemptRecord;
import normuon.job.report.EvaluationRecord;
import normuon.job.report.RunReporter;
import normuon.job.report.RunStart;
import normuon.job.report.RunSummary;
import normuon.job.report.StepDiagnostics;
import normuon.job.report.StepRecord;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * Writes a run as TensorBoard reads it, on any Hadoop file system: one file from each start or
 * recovery on. A store that shows files only when they are closed, such as S3, gets a new one at
 * each checkpoint, too.
 */
public final class TensorBoardTracker implements RunReporter {

  private static final long FLUSH_NANOS = TimeUnit.SECONDS.toNanos(5);

  private final Path folder;
  private final Configuration hadoop;
  private EventFile file;
  private int files;
  private long flushed;

  /**
   * Creates the tracker; nothing is written before the run starts.
   *
   * @param folder of the run's event files alone; TensorBoard calls the run by its name
   * @param hadoop how its file system is reached
   */
  public TensorBoardTracker(Path folder, Configuration hadoop) {
    this.folder = folder;
    this.hadoop = hadoop;
  }

  private interface Writing {
    void run() throws IOException;
  }

  @Override
  public void started(RunStart start) {
    write(
        () -> {
          open();
          file.addRestart(start.step() + 1);
        });
  }

  @Override
  public void continued(AttemptRecord attempt) {
    write(
        () -> {
          file.close();
          open();
          file.addRestart(attempt.step() + 1);
        });
  }

  /** Opens the next file. */
  private void open() throws IOException {
    FileSystem fileSystem = Location.fileSystem(folder, hadoop);
    Path path = nextPath();
    while (fileSystem.exists(path)) {
      path = nextPath();
    }
    file = EventFile.create(fileSystem, path);
    flushed = System.nanoTime();
  }

  /** Files are read in the order of their names. A start in the same second has taken the first. */
  private Path nextPath() {
    String name =
        "events.out.tfevents.%010d.%s.%05d"
            .formatted(System.currentTimeMillis() / 1000, host(), files);
    files++;
    return new Path(folder, name);
  }

  @Override
  public void step(StepRecord step) {
    add(step.step(), Scalars.of(step));
  }

  @Override
  public void diagnosed(StepDiagnostics diagnostics) {
    add(diagnostics.step(), Scalars.of(diagnostics));
  }

  @Override
  public void evaluated(EvaluationRecord evaluation) {
    add(evaluation.step(), Scalars.of(evaluation));
  }

  private void add(int step, Map<String, Double> scalars) {
    write(
        () -> {
          file.add(step, scalars);
          if (System.nanoTime() - flushed > FLUSH_NANOS) {
            file.flush();
            flushed = System.nanoTime();
          }
        });
  }

  @Override
  public void checkpointed(int step) {
    write(
        () -> {
          if (!file.flush()) {
            file.close();
            open();
          }
        });
  }

  @Override
  public void finished(RunSummary summary) {}

  @Override
  public void close() {
    if (file != null) {
      write(file::close);
    }
  }

  private void write(Writing writing) {
    try {
      writing.run();
    } catch (IOException unwritable) {
      throw new UncheckedIOException("Cannot write event files in " + folder, unwritable);
    }
  }

  private static String host() {
    try {
      return InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException nameless) {
      return "localhost";
    }
  }
}
