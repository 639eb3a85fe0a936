package normuon.job.checkpoint;

import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;

/**
 * Who holds the lease of a run directory.
 *
 * @param owner unique for each holder
 * @param host the name of its host, for people
 * @param process its process id
 * @param processStart when the process was started, in milliseconds since 1970; 0 if unknown
 * @param machine where the process id has a meaning: the boot and the process namespace it is of;
 *     empty if unknown
 * @param leaseSeconds how long the lease lives after it was last renewed
 * @param renewals how often it was renewed
 * @param renewed when it was renewed, by the holder's clock, for people
 */
record LeaseHolder(
    String owner,
    String host,
    long process,
    long processStart,
    String machine,
    int leaseSeconds,
    long renewals,
    String renewed) {

  private static final Path BOOT = Path.of("/proc/sys/kernel/random/boot_id");
  private static final Path PROCESS_NAMESPACE = Path.of("/proc/self/ns/pid");

  /** Two readings of when a process was started differ by less. */
  private static final Duration START_TOLERANCE = Duration.ofSeconds(5);

  /** What can be known of a holder without waiting. */
  enum Life {
    /** Its process runs on this machine. */
    RUNNING,
    /** Its process ran on this machine, and has ended. */
    ENDED,
    /** It runs elsewhere, or ran there. */
    UNKNOWN
  }

  /** This process. */
  static LeaseHolder here(int leaseSeconds) {
    ProcessHandle self = ProcessHandle.current();
    return new LeaseHolder(
        UUID.randomUUID().toString(),
        hostName(),
        self.pid(),
        start(self).map(Instant::toEpochMilli).orElse(0L),
        thisMachine(),
        leaseSeconds,
        0,
        Instant.now().toString());
  }

  LeaseHolder renewedNow() {
    return new LeaseHolder(
        owner,
        host,
        process,
        processStart,
        machine,
        leaseSeconds,
        renewals + 1,
        Instant.now().toString());
  }

  Life life() {
    if (machine.isEmpty() || !machine.equals(thisMachine())) {
      return Life.UNKNOWN;
    }
    Optional<ProcessHandle> found = ProcessHandle.of(process).filter(ProcessHandle::isAlive);
    if (found.isEmpty()) {
      return Life.ENDED;
    }
    // The process id may have been given to another process since.
    Optional<Instant> start = found.flatMap(LeaseHolder::start);
    if (processStart == 0 || start.isEmpty()) {
      return Life.UNKNOWN;
    }
    long difference = Math.abs(start.get().toEpochMilli() - processStart);
    return difference < START_TOLERANCE.toMillis() ? Life.RUNNING : Life.ENDED;
  }

  String describe() {
    return "process " + process + " on " + host;
  }

  private static Optional<Instant> start(ProcessHandle process) {
    return process.info().startInstant();
  }

  private static String hostName() {
    try {
      return InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException e) {
      return "an unknown host";
    }
  }

  private static String thisMachine() {
    try {
      return Files.readString(BOOT).strip() + " " + Files.readSymbolicLink(PROCESS_NAMESPACE);
    } catch (IOException | UnsupportedOperationException notLinux) {
      return "";
    }
  }
}
