package normuon.job.train;

import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import normuon.job.comm.RankChannel;
import normuon.job.comm.Traffic;
import normuon.job.metrics.MetricsPlugin;
import normuon.job.metrics.ResidentMemory;
import normuon.job.report.RankRecord;
import org.apache.spark.SparkEnv;
import org.apache.spark.storage.BlockManagerId;

/**
 * Shows how one rank is doing in a segment: in the metrics of its executor and, as sinks that are
 * asked over HTTP exist only there, on the driver.
 */
final class RankMonitor {

  private static final long INTERVAL_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final Segment segment;
  private final Place place;
  private final Supplier<Traffic> transport;
  private Traffic shown = new Traffic(0, 0, 0);
  private long due = System.nanoTime();

  /**
   * Creates the monitor of a rank that has just connected.
   *
   * @param segment what it runs
   * @param place the rank
   * @param transport what it has sent and received since
   */
  RankMonitor(Segment segment, Place place, Supplier<Traffic> transport) {
    this.segment = segment;
    this.place = place;
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
    BlockManagerId here = SparkEnv.get().blockManager().blockManagerId();
    Traffic total = transport.get();
    Traffic recent = total.since(shown);
    shown = total;
    return new RankRecord(
        place.rank(),
        place.worldSize(),
        here.host(),
        here.executorId(),
        step,
        clock.stepMilliseconds(),
        clock.milliseconds(),
        ResidentMemory.bytes(),
        total.bytesSent(),
        total.bytesReceived(),
        recent.megabytesPerSecond());
  }
}
