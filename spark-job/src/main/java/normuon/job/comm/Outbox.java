package normuon.job.comm;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import org.apache.spark.network.buffer.NettyManagedBuffer;
import org.apache.spark.network.buffer.NioManagedBuffer;
import org.apache.spark.network.client.RpcResponseCallback;
import org.apache.spark.network.client.TransportClient;

/** Sends messages, gives their memory back once they are gone, and counts. */
final class Outbox {

  /**
   * Up to this many bytes a message goes one way and in one piece: below what the transport reads
   * at once, that takes half the time and processor time of a stream with its answer.
   */
  static final int SMALL = 64 << 10;

  private final AtomicLong bytesSent = new AtomicLong();
  private int underWay;
  private int sharedUnderWay;
  private long underWaySince;
  private long nanosUnderWay;

  long bytesSent() {
    return bytesSent.get();
  }

  /** The time, in nanoseconds, during which at least one message was under way. */
  synchronized long sendingNanos() {
    return nanosUnderWay + (underWay > 0 ? System.nanoTime() - underWaySince : 0);
  }

  /** Sends a message; releases it once, whatever becomes of it. Does not block. */
  void send(TransportClient peer, MessageHeader header, Payload payload) {
    bytesSent.addAndGet(header.length());
    begin(payload);
    if (header.length() <= SMALL) {
      peer.getChannel()
          .writeAndFlush(new SmallMessage(header, payload))
          .addListener(written -> end(payload));
    } else {
      peer.uploadStream(
          new NioManagedBuffer(header.encode()),
          new NettyManagedBuffer(bytes(payload)),
          new Acknowledgement(payload));
    }
  }

  private static ByteBuf bytes(Payload payload) {
    return Unpooled.wrappedBuffer(payload.parts().toArray(ByteBuffer[]::new));
  }

  private synchronized void begin(Payload payload) {
    if (underWay == 0) {
      underWaySince = System.nanoTime();
    }
    underWay++;
    if (payload instanceof SharedRows) {
      sharedUnderWay++;
    }
  }

  private void end(Payload payload) {
    payload.release();
    synchronized (this) {
      underWay--;
      if (underWay == 0) {
        nanosUnderWay += System.nanoTime() - underWaySince;
      }
      if (payload instanceof SharedRows) {
        sharedUnderWay--;
      }
      if (underWay == 0 || sharedUnderWay == 0) {
        notifyAll();
      }
    }
  }

  /** Waits until nothing is under way, the deadline passes or the task is to stop. */
  synchronized void drain(Wait limit) {
    await(() -> underWay == 0, limit);
  }

  /**
   * Waits until nothing is sent from arrays any more, the deadline passes or the task is to stop.
   *
   * @return whether nothing is sent from arrays
   */
  synchronized boolean drainShared(Wait limit) {
    return await(() -> sharedUnderWay == 0, limit);
  }

  private boolean await(BooleanSupplier condition, Wait limit) {
    long end = System.nanoTime() + limit.deadline().toNanos();
    try {
      while (!condition.getAsBoolean()
          && System.nanoTime() < end
          && !limit.interrupted().getAsBoolean()) {
        wait(Wait.POLL_MILLIS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return condition.getAsBoolean();
  }

  /**
   * The peer has received a large message, or the connection has failed, which its reader notices.
   * Spark may report a failure twice.
   */
  private final class Acknowledgement implements RpcResponseCallback {

    private final Payload payload;
    private final AtomicBoolean ended = new AtomicBoolean();

    Acknowledgement(Payload payload) {
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
