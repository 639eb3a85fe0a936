package normuon.job.train;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * What the ranks of one attempt tell the driver: failures stay here, all else is passed on until
 * the attempt is over.
 */
final class AttemptRecords implements Consumer<Object>, AutoCloseable {

  private final Consumer<Object> next;
  private final List<RankFailure> failures = new ArrayList<>();
  private boolean closed;

  AttemptRecords(Consumer<Object> next) {
    this.next = next;
  }

  @Override
  public synchronized void accept(Object content) {
    if (content instanceof RankFailure failure) {
      failures.add(failure);
    } else if (!closed) {
      next.accept(content);
    }
  }

  /** The failures, the first one first. */
  synchronized List<RankFailure> failures() {
    return List.copyOf(failures);
  }

  /** What still comes is of steps that are made again. */
  @Override
  public synchronized void close() {
    closed = true;
  }
}
