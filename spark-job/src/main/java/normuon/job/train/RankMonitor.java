package normuon.job.train;

import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import normuon.job.comm.RankChannel;
import normuon.job.comm.Traffic;
import normuon.job.metrics.MetricsPlugin;
import normuon.job.metrics.ResidentMemory;
import normuon.job.report.RankRecord;

/**
 * Shows how one rank is doing in a segment: in the metrics of its executor and, as sinks that are
 * asked over HTTP exist only there, on the driver.
 */
final class RankMonitor {

  private static final long INTERVAL_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final Segment segment;
  private final Placement placement;
  private final int worldSize;
  private final Supplier<Traffic> transport;
  private Traffic shown = new Traffic(0, 0, 0);
  private long due = System.nanoTime();

  /**
   * Creates the monitor of a rank that has just connected.
   *
   * @param segment what it runs
   * @param placement the rank, and where it runs
   * @param worldSize the number of ranks
   * @param transport what it has sent and received since
   */
  RankMonitor(Segment segment, Placement placement, int worldSize, Supplier<Traffic> transport) {
    this.segment = segment;
    this.placement = placement;
    this.worldSize = worldSize;
    this.transport = transport;
  }

  /** Shows a finished step if it is the segment's last, or the first since a second. */
  void finished(long step, PhaseClock clock) {
    long now = System.nanoTime();
    if (now - due < 0 && step < segment.toStep()) {
      return;
    }
    due = now + INTERVAL_NANOS;
    RankRecord record = record((int) step, clock);
    MetricsPlugin.show(record);
    RankChannel.report(segment.attemptId(), record);
  }

  private RankRecord record(int step, PhaseClock clock) {
    Traffic total = transport.get();
    Traffic recent = total.since(shown);
    shown = total;
    return new RankRecord(
        placement.rank(),
        worldSize,
        placement.host(),
        placement.executorId(),
        placement.device(),
        step,
        clock.stepMilliseconds(),
        clock.milliseconds(),
        ResidentMemory.bytes(),
        total.bytesSent(),
        total.bytesReceived(),
        recent.megabytesPerSecond());
  }
}
