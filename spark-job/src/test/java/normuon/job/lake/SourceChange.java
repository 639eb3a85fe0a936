package normuon.job.lake;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;

/** A change of a source that is made while its rows are read; public, as Spark calls it by name. */
public final class SourceChange {

  /** A filter that every row passes, and by which the change is made. */
  static final String FILTER = "reflect('" + SourceChange.class.getName() + "', 'make') = 'true'";

  private static final AtomicReference<SourceChange> DUE = new AtomicReference<>();

  private final Path after;
  private final Runnable change;

  private SourceChange(Path after, Runnable change) {
    this.after = after;
    this.change = change;
  }

  /** Makes a change with the first row that is read when a file is there. */
  static void once(Path after, Runnable change) {
    DUE.set(new SourceChange(after, change));
  }

  /** Whether the change is yet to be made. */
  static boolean isDue() {
    return DUE.get() != null;
  }

  /** Makes the change if it is due: on another thread, as those of tasks may not use Spark. */
  public static boolean make() {
    SourceChange due = DUE.get();
    if (due != null && Files.exists(due.after) && DUE.compareAndSet(due, null)) {
      CompletableFuture.runAsync(due.change).join();
    }
    return true;
  }
}
