package normuon.job.comm;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
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

  /** How many messages of a call are being sent from arrays; a call without any is not there. */
  private final Map<Call, Integer> sharedUnderWay = new HashMap<>();

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

  /** Sends a message; releases it once, whatever becomes of it. Does not block. */
  void send(TransportClient peer, MessageHeader header, Payload payload) {
    bytesSent.addAndGet(header.length());
    begin(header.call(), payload);
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

  private synchronized void begin(Call call, Payload payload) {
    if (underWay == 0) {
      underWaySince = System.nanoTime();
    }
    underWay++;
    if (payload instanceof SharedRows) {
      sharedUnderWay.merge(call, 1, Integer::sum);
    }
  }

  private void end(Call call, Payload payload) {
    payload.release();
    synchronized (this) {
      boolean allShared = false;
      underWay--;
      if (underWay == 0) {
        nanosUnderWay += System.nanoTime() - underWaySince;
      }
      if (payload instanceof SharedRows) {
        sharedUnderWay.computeIfPresent(call, (sender, left) -> left == 1 ? null : left - 1);
        allShared = !sharedUnderWay.containsKey(call);
      }
      if (underWay == 0 || allShared) {
        notifyAll();
      }
    }
  }

  /** Waits until nothing is under way, the deadline passes or the rank is to stop. */
  synchronized void drain(Wait limit) {
    await(() -> underWay == 0, limit);
  }

  /**
   * Waits until some calls send nothing from arrays any more, the deadline passes or the rank is to
   * stop.
   *
   * @param calls which calls
   * @return whether they send nothing from arrays
   */
  synchronized boolean drainShared(Predicate<Call> calls, Wait limit) {
    return await(() -> sharedUnderWay.keySet().stream().noneMatch(calls), limit);
  }

  private boolean await(BooleanSupplier condition, Wait limit) {
    long end = System.nanoTime() + limit.deadline().toNanos();
    try {
      while (!condition.getAsBoolean() && System.nanoTime() < end && !limit.stop().isRaised()) {
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
