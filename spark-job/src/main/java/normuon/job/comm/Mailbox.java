package normuon.job.comm;

import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * Messages that arrived before they were asked for, and waits for those that did not. What arrived
 * from a peer before it failed can still be taken.
 */
final class Mailbox implements AutoCloseable {

  private final ConcurrentMap<MessageKey, Slot> slots = new ConcurrentHashMap<>();
  private final AtomicReferenceArray<IOException> failures;

  /** Memory of each peer's messages that came or come before they are expected, in bytes. */
  private final AtomicLongArray waitingBytes;

  private volatile long mostWaitingBytes = Long.MAX_VALUE;
  private volatile boolean closed;

  Mailbox(int worldSize) {
    failures = new AtomicReferenceArray<>(worldSize);
    waitingBytes = new AtomicLongArray(worldSize);
  }

  /** What is known of one message. */
  private static final class Slot {

    private final CompletableFuture<Payload> message = new CompletableFuture<>();

    /** Where the message is to go; null if nobody has said so, or it is on its way there. */
    private final AtomicReference<SharedRows> place = new AtomicReference<>();

    private void releasePlace() {
      SharedRows unused = place.getAndSet(null);
      if (unused != null) {
        unused.release();
      }
    }
  }

  /** Says where a message is to go if it has not begun to arrive; the mailbox holds the place. */
  void expect(MessageKey key, SharedRows place) {
    Slot slot = slot(key);
    slot.place.set(place);
    if (slot.message.isDone() || closed) {
      slot.releasePlace();
    }
  }

  /** The place of a message that begins to arrive, which the caller then holds. */
  Optional<SharedRows> place(MessageKey key, int length) {
    Slot slot = slots.get(key);
    SharedRows place = slot == null ? null : slot.place.get();
    boolean fits = place != null && place.length() == length;
    return fits && slot.place.compareAndSet(place, null) ? Optional.of(place) : Optional.empty();
  }

  /** Limits the memory of each peer's messages that may wait, in bytes. */
  void limitWaiting(long bytes) {
    mostWaitingBytes = bytes;
  }

  /**
   * Admits a message that is to wait until it is taken.
   *
   * @throws IllegalArgumentException if too much of its peer's waits already
   */
  void admit(MessageKey key, int length) {
    long waiting = waitingBytes.addAndGet(key.source(), BufferPool.capacity(length));
    if (waiting > mostWaitingBytes) {
      throw new IllegalArgumentException(
          "Invalid message of "
              + length
              + " bytes from rank "
              + key.source()
              + ": with it "
              + waiting
              + " bytes would wait, and must be at most "
              + mostWaitingBytes);
    }
  }

  /** Keeps a message until it is taken; the mailbox holds it from now on. */
  void deliver(MessageKey key, Payload message) {
    Slot slot = slot(key);
    if (!slot.message.complete(message) || (closed && slots.remove(key, slot))) {
      message.release();
    }
  }

  /** Waits for a message; the caller then holds it. */
  Payload take(MessageKey key, Wait wait, Expectation expected) {
    Slot slot = slot(key);
    IOException failure = failures.get(key.source());
    if (closed) {
      slot.message.cancel(false);
    } else if (failure != null) {
      slot.message.completeExceptionally(failure);
    }
    Payload message = wait.until(slot.message, expected);
    if (!slots.remove(key, slot)) {
      throw new CancellationException("Cannot take a message: the mailbox was closed meanwhile");
    }
    slot.releasePlace();
    if (message instanceof PooledBuffer) {
      waitingBytes.addAndGet(key.source(), -BufferPool.capacity(message.length()));
    }
    return message;
  }

  /** Ends all waits for a peer, now and later. The first cause stays. */
  void fail(int rank, IOException cause) {
    if (failures.compareAndSet(rank, null, cause)) {
      slots.forEach(
          (key, slot) -> {
            if (key.source() == rank) {
              slot.message.completeExceptionally(cause);
            }
          });
    }
  }

  private Slot slot(MessageKey key) {
    return slots.computeIfAbsent(key, unseen -> new Slot());
  }

  /** Ends all waits and releases what was never taken. */
  @Override
  public void close() {
    closed = true;
    slots.forEach(
        (key, slot) -> {
          slot.releasePlace();
          if (!slot.message.cancel(false) && slots.remove(key, slot)) {
            slot.message.thenAccept(Payload::release);
          }
        });
  }
}
