package normuon.job.checkpoint;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The right of one driver to write to a run directory: the file {@code lease.json} in it, which a
 * thread renews. Another driver is refused while it is renewed; it may take the lease at once where
 * the holder's process has ended on its own machine, else after the lease has expired.
 *
 * <p>A holder that was paused for longer than the lease lives may find it taken: it must call
 * {@link #requireHeld} before it changes what another driver reads.
 */
public final class RunLease implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(RunLease.class);

  /** A lease survives this many renewals that fail. */
  private static final int RENEWALS_PER_LIFE = 4;

  private final LeaseFile file;
  private final String directory;
  private final Duration life;
  private final ScheduledExecutorService renewal;
  private LeaseHolder self;
  private long renewedNanos = System.nanoTime();
  private boolean lost;
  private Runnable whenLost = () -> {};

  private RunLease(LeaseFile file, LeaseHolder self, String directory) {
    this.file = file;
    this.self = self;
    this.directory = directory;
    this.life = Duration.ofSeconds(self.leaseSeconds());
    this.renewal =
        Executors.newSingleThreadScheduledExecutor(
            task -> {
              Thread thread = new Thread(task, "run-lease");
              thread.setDaemon(true);
              return thread;
            });
    long period = life.toNanos() / RENEWALS_PER_LIFE;
    renewal.scheduleWithFixedDelay(this::renew, period, period, TimeUnit.NANOSECONDS);
  }

  /**
   * Takes the lease of a run directory.
   *
   * @param fileSystem the directory's file system
   * @param directory the directory, which exists
   * @param seconds how long the lease lives after it was last renewed
   * @param notices told, in one line, what is waited for and how long
   * @throws LeaseHeldException if a process that runs holds it
   * @throws UncheckedIOException if the directory cannot be written
   */
  public static RunLease take(
      FileSystem fileSystem, Path directory, int seconds, Consumer<String> notices) {
    LeaseFile file = new LeaseFile(fileSystem, directory);
    LeaseHolder self = LeaseHolder.here(seconds);
    try {
      new LeaseRequest(file, self, directory.toString(), notices).take();
    } catch (IOException e) {
      throw new UncheckedIOException(
          "Cannot take the lease of run.directory " + directory + ": " + e.getMessage(), e);
    }
    return new RunLease(file, self, directory.toString());
  }

  /** Has something done once the lease is found to be lost; on another thread. */
  public synchronized void whenLost(Runnable action) {
    whenLost = action;
  }

  /** Whether nobody else has taken the lease, as far as is known. */
  public synchronized boolean isHeld() {
    return !lost;
  }

  /**
   * Checks that the lease is this process's, with the store if it might have expired.
   *
   * @throws LeaseHeldException if it is lost
   */
  public void requireHeld() {
    if (System.nanoTime() - renewedNanos() >= life.toNanos()) {
      renew();
    }
    if (!isHeld()) {
      throw new LeaseHeldException(
          "Cannot go on in run.directory "
              + directory
              + ": its lease was lost to another process, as it could not be renewed for "
              + life.toSeconds()
              + " s");
    }
  }

  private synchronized long renewedNanos() {
    return renewedNanos;
  }

  private synchronized void renew() {
    if (lost) {
      return;
    }
    try {
      if (file.isOf(self)) {
        self = self.renewedNow();
        file.write(self);
        renewedNanos = System.nanoTime();
      } else {
        lose("another process holds it");
      }
    } catch (IOException e) {
      LOG.warn("Cannot renew the lease of run.directory {}", directory, e);
      if (System.nanoTime() - renewedNanos >= life.toNanos()) {
        lose("the store cannot be reached: " + e.getMessage());
      }
    }
  }

  private void lose(String reason) {
    lost = true;
    LOG.error("Lost the lease of run.directory {}: {}", directory, reason);
    whenLost.run();
  }

  /** Gives the lease back, if it is held. */
  @Override
  public void close() {
    renewal.shutdown();
    synchronized (this) {
      try {
        if (!lost && file.isOf(self)) {
          file.delete();
        }
      } catch (IOException e) {
        LOG.warn("Cannot give back the lease of run.directory {}; it expires", directory, e);
      }
    }
  }
}
