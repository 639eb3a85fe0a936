package normuon.job.comm;

import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import normuon.optimizer.shard.CollectiveException;

/**
 * Tells the waits of a rank, on all its threads, to end before their deadline: Spark wants its task
 * to stop, or one of its threads has failed.
 */
final class StopSignal {

  private final BooleanSupplier interrupted;
  private final AtomicReference<Throwable> failure = new AtomicReference<>();

  /**
   * Creates the signal.
   *
   * @param interrupted whether the task is to stop; asked from any thread
   */
  StopSignal(BooleanSupplier interrupted) {
    this.interrupted = interrupted;
  }

  /** Ends all waits from now on. The first cause stays. */
  void abort(Throwable cause) {
    failure.compareAndSet(null, cause);
  }

  /** Whether waits are to end. */
  boolean isRaised() {
    return failure.get() != null || interrupted.getAsBoolean();
  }

  /**
   * What a wait that this signal ended is to throw.
   *
   * @param trouble what cannot be done
   */
  CollectiveException exception(String trouble) {
    Throwable cause = failure.get();
    return cause == null
        ? new PeerException(
            PeerException.Reason.STOPPED, trouble + ": the task is being stopped", null)
        : new CollectiveException(
            trouble + ": another operation of this rank has failed: " + cause.getMessage(), cause);
  }
}
