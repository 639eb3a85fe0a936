package normuon.job.comm;

import java.io.IOException;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicReferenceArray;

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

  /** Waits for a message; the caller then holds its buffer. */
  PooledBuffer take(MessageKey key, Wait wait, Expectation expected) {
    CompletableFuture<PooledBuffer> slot = slot(key);
    IOException failure = failures.get(key.source());
    if (closed) {
      slot.cancel(false);
    } else if (failure != null) {
      slot.completeExceptionally(failure);
    }
    PooledBuffer message = wait.until(slot, expected);
    if (!slots.remove(key, slot)) {
      throw new CancellationException("Cannot take a message: the mailbox was closed meanwhile");
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
    slots.forEach(
        (key, slot) -> {
          if (!slot.cancel(false) && slots.remove(key, slot)) {
            slot.thenAccept(PooledBuffer::release);
          }
        });
  }
}
