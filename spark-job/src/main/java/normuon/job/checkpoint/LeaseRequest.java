package normuon.job.checkpoint;

import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

/** Takes the lease of a run directory, waiting for that of a silent holder to expire. */
final class LeaseRequest {

  private static final long POLL_NANOS = TimeUnit.MILLISECONDS.toNanos(200);
  private static final int LOOKS_AT_NOBODY = 5;

  private final LeaseFile file;
  private final LeaseHolder self;
  private final String directory;
  private final Consumer<String> notices;
  private Optional<LeaseHolder> awaited = Optional.empty();
  private int looks;
  private boolean told;

  LeaseRequest(LeaseFile file, LeaseHolder self, String directory, Consumer<String> notices) {
    this.file = file;
    this.self = self;
    this.directory = directory;
    this.notices = notices;
  }

  /**
   * Returns once the lease is this process's.
   *
   * @throws LeaseHeldException if a process that runs holds it
   */
  void take() throws IOException {
    while (!file.create(self)) {
      Optional<LeaseFile.Content> found = file.read();
      if (found.isPresent()) {
        if (mayTake(found.get())) {
          file.remove(found.get());
        } else {
          LockSupport.parkNanos(POLL_NANOS);
        }
      }
    }
  }

  private boolean mayTake(LeaseFile.Content found) throws IOException {
    Optional<LeaseHolder> holder = found.holder();
    Duration age = file.age(found.modified());
    LeaseHolder.Life life = holder.map(LeaseHolder::life).orElse(LeaseHolder.Life.UNKNOWN);
    boolean renewed = awaited.isPresent() && holder.isPresent() && !holder.equals(awaited);
    if (life == LeaseHolder.Life.RUNNING || renewed) {
      throw new LeaseHeldException(
          "Cannot use run.directory %s: %s holds its lease, renewed %d s ago; wait for its end, or choose another run.directory"
              .formatted(directory, holder.orElseThrow().describe(), age.toSeconds()));
    }
    Duration left = lifetime(holder).minus(age);
    if (life == LeaseHolder.Life.ENDED || left.isNegative() || left.isZero()) {
      return true;
    }
    tell(holder, age, left);
    return false;
  }

  private void tell(Optional<LeaseHolder> holder, Duration age, Duration left) {
    looks++;
    // A file that holds nobody is most likely just being written.
    if (!told && (holder.isPresent() || looks > LOOKS_AT_NOBODY)) {
      notices.accept(
          "Waiting at most %d s for the lease of run.directory %s to expire: %s renewed it %d s ago"
              .formatted(
                  left.toSeconds() + 1,
                  directory,
                  holder.map(LeaseHolder::describe).orElse("an unknown process"),
                  age.toSeconds()));
      told = true;
    }
    awaited = holder.or(() -> awaited);
  }

  private Duration lifetime(Optional<LeaseHolder> holder) {
    return Duration.ofSeconds(holder.orElse(self).leaseSeconds());
  }
}
