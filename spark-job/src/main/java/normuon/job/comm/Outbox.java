package normuon.job.comm;

import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.spark.network.buffer.NioManagedBuffer;
import org.apache.spark.network.client.RpcResponseCallback;
import org.apache.spark.network.client.TransportClient;

/** Sends messages, gives their buffers back once they are gone, and counts. */
final class Outbox {

  /**
   * Up to this many bytes a message goes one way and in one piece: below what the transport reads
   * at once, that takes half the time and processor time of a stream with its answer.
   */
  static final int SMALL = 64 << 10;

  private final AtomicLong bytesSent = new AtomicLong();
  private int underWay;
  private long underWaySince;
  private long nanosUnderWay;

  long bytesSent() {
    return bytesSent.get();
  }

  /** The time, in nanoseconds, during which at least one message was under way. */
  synchronized long sendingNanos() {
    return nanosUnderWay + (underWay > 0 ? System.nanoTime() - underWaySince : 0);
  }

  /** Sends a message; releases its buffer once, whatever becomes of it. Does not block. */
  void send(TransportClient peer, MessageHeader header, PooledBuffer payload) {
    bytesSent.addAndGet(header.length());
    begin();
    if (header.length() <= SMALL) {
      peer.getChannel()
          .writeAndFlush(new SmallMessage(header, payload))
          .addListener(written -> end(payload));
    } else {
      peer.uploadStream(
          new NioManagedBuffer(header.encode()),
          new NioManagedBuffer(payload.bytes()),
          new Acknowledgement(payload));
    }
  }

  private synchronized void begin() {
    if (underWay == 0) {
      underWaySince = System.nanoTime();
    }
    underWay++;
  }

  private void end(PooledBuffer payload) {
    payload.release();
    synchronized (this) {
      underWay--;
      if (underWay == 0) {
        nanosUnderWay += System.nanoTime() - underWaySince;
        notifyAll();
      }
    }
  }

  /** Waits until nothing is under way, the deadline passes or the task is to stop. */
  synchronized void drain(Wait limit) {
    long end = System.nanoTime() + limit.deadline().toNanos();
    try {
      while (underWay > 0 && System.nanoTime() < end && !limit.interrupted().getAsBoolean()) {
        wait(Wait.POLL_MILLIS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /**
   * The peer has received a large message, or the connection has failed, which its reader notices.
   * Spark may report a failure twice.
   */
  private final class Acknowledgement implements RpcResponseCallback {

    private final PooledBuffer payload;
    private final AtomicBoolean ended = new AtomicBoolean();

    Acknowledgement(PooledBuffer payload) {
      this.payload = payload;
    }

    @Override
    public void onSuccess(ByteBuffer response) {
      endOnce();
    }

    @Override
    public void onFailure(Throwable cause) {
      endOnce();
    }

    private void endOnce() {
      if (ended.compareAndSet(false, true)) {
        end(payload);
      }
    }
  }
}
