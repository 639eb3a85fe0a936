package normuon.job.comm;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;
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

  /** How many messages of a call are under way; a call without any is not there. */
  private final Map<Call, Integer> underWay = new HashMap<>();

  private long underWaySince;
  private long nanosUnderWay;

  long bytesSent() {
    return bytesSent.get();
  }

  /** The time, in nanoseconds, during which at least one message was under way. */
  synchronized long sendingNanos() {
    return nanosUnderWay + (underWay.isEmpty() ? 0 : System.nanoTime() - underWaySince);
  }

  /** Sends a message; releases it once, whatever becomes of it. Does not block. */
  void send(TransportClient peer, MessageHeader header, Payload payload) {
    bytesSent.addAndGet(header.length());
    begin(header.call());
    if (header.length() <= SMALL) {
      peer.getChannel()
          .writeAndFlush(new SmallMessage(header, payload))
          .addListener(written -> end(header.call(), payload));
    } else {
      peer.uploadStream(
          new NioManagedBuffer(header.encode()),
          new NettyManagedBuffer(bytes(payload)),
          new Acknowledgement(header.call(), payload));
    }
  }

  private static ByteBuf bytes(Payload payload) {
    return Unpooled.wrappedBuffer(payload.parts().toArray(ByteBuffer[]::new));
  }

  private synchronized void begin(Call call) {
    if (underWay.isEmpty()) {
      underWaySince = System.nanoTime();
    }
    underWay.merge(call, 1, Integer::sum);
  }

  private void end(Call call, Payload payload) {
    payload.release();
    synchronized (this) {
      Integer left = underWay.computeIfPresent(call, (same, many) -> many == 1 ? null : many - 1);
      if (underWay.isEmpty()) {
        nanosUnderWay += System.nanoTime() - underWaySince;
      }
      if (left == null) {
        notifyAll();
      }
    }
  }

  /** Waits until nothing is under way, the deadline passes or the rank is to stop. */
  void drain(Wait limit) {
    drain(call -> true, limit);
  }

  /**
   * Waits until nothing of some calls is under way, the deadline passes or the rank is to stop.
   *
   * @param calls which calls
   * @return whether nothing of them is under way
   */
  synchronized boolean drain(Predicate<Call> calls, Wait limit) {
    long end = System.nanoTime() + limit.deadline().toNanos();
    try {
      while (isUnderWay(calls) && System.nanoTime() < end && !limit.stop().isRaised()) {
        wait(Wait.POLL_MILLIS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return !isUnderWay(calls);
  }

  private boolean isUnderWay(Predicate<Call> calls) {
    return underWay.keySet().stream().anyMatch(calls);
  }

  /**
   * The peer has received a large message, or the connection has failed, which its reader notices.
   * Spark may report a failure twice.
   */
  private final class Acknowledgement implements RpcResponseCallback {

    private final Call call;
    private final Payload payload;
    private final AtomicBoolean ended = new AtomicBoolean();

    Acknowledgement(Call call, Payload payload) {
      this.call = call;
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
        end(call, payload);
      }
    }
  }
}
