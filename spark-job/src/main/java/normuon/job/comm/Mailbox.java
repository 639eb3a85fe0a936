package normuon.job.comm;

import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Supplier;
import normuon.optimizer.shard.CollectiveException;

/**
 * Messages that arrived before they were asked for, and waits for those that did not. What arrived
 * from a peer before it failed can still be taken.
 */
final class Mailbox implements AutoCloseable {

  private final ConcurrentMap<MessageKey, CompletableFuture<PooledBuffer>> slots =
      new ConcurrentHashMap<>();
  private final AtomicReferenceArray<IOException> failures;
  private volatile boolean closed;

  Mailbox(int worldSize) {
    failures = new AtomicReferenceArray<>(worldSize);
  }

  /** Keeps a message until it is taken; the mailbox holds the buffer from now on. */
  void deliver(MessageKey key, PooledBuffer message) {
    CompletableFuture<PooledBuffer> slot = slot(key);
    if (!slot.complete(message) || (closed && slots.remove(key, slot))) {
      message.release();
    }
  }

  /**
   * Waits for a message; the caller then holds its buffer.
   *
   * @param purpose what the message is needed for, as {@link Wait} says it
   * @param missing what has not come if the deadline passes, as {@link Wait} says it
   */
  PooledBuffer take(MessageKey key, Wait wait, Supplier<String> purpose, Supplier<String> missing) {
    CompletableFuture<PooledBuffer> slot = slot(key);
    IOException failure = failures.get(key.source());
    if (failure != null) {
      slot.completeExceptionally(failure);
    }
    PooledBuffer message = wait.until(slot, purpose, missing);
    if (!slots.remove(key, slot)) {
      throw new CollectiveException("Cannot " + purpose.get() + ": the collectives are closed");
    }
    return message;
  }

  /** Ends all waits for a peer, now and later. The first cause stays. */
  void fail(int rank, IOException cause) {
    if (failures.compareAndSet(rank, null, cause)) {
      slots.forEach(
          (key, slot) -> {
            if (key.source() == rank) {
              slot.completeExceptionally(cause);
            }
          });
    }
  }

  private CompletableFuture<PooledBuffer> slot(MessageKey key) {
    return slots.computeIfAbsent(key, unseen -> new CompletableFuture<>());
  }

  /** Ends all waits and releases what was never taken. */
  @Override
  public void close() {
    closed = true;
    for (int rank = 0; rank < failures.length(); rank++) {
      fail(rank, new IOException("the collectives are closed"));
    }
    slots.forEach(
        (key, slot) -> {
          if (slots.remove(key, slot)) {
            slot.thenAccept(PooledBuffer::release);
          }
        });
  }
}
