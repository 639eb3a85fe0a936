package normuon.job.comm;

import java.util.List;
import normuon.torch.BFloat16;

/**
 * Cuts sequences of values into buckets, sends them, and puts them together again. Of many ranks
 * each keeps for itself what it sends to the others, so that all have the same bits. Keeps nothing
 * from call to call: several threads may use it.
 */
final class BucketExchange {

  private final Mesh mesh;
  private final long bucketBytes;
  private final WirePrecision precision;

  /**
   * Creates the exchange.
   *
   * @param mesh carries the buckets
   * @param bucketBytes the memory of a bucket's values, in bytes
   * @param precision in what values travel
   */
  BucketExchange(Mesh mesh, long bucketBytes, WirePrecision precision) {
    this.mesh = mesh;
    this.bucketBytes = bucketBytes;
    this.precision = precision;
  }

  /** How many buckets a sequence takes; none if it is empty. */
  int count(RowSequence values) {
    return Math.toIntExact((values.size() + bucketValues(values) - 1) / bucketValues(values));
  }

  private long bucketValues(RowSequence values) {
    return bucketBytes / Float.BYTES;
  }

  /** A copy of one bucket as others receive it, which the caller releases. */
  PooledBuffer copy(RowSequence values, int bucket) {
    return decode(encode(read(values, bucket)));
  }

  /** Copies a sequence as others receive it over another one of the same size. */
  void copy(RowSequence source, RowSequence target) {
    if (precision == WirePrecision.F32 && source.canCopyTo(target)) {
      source.copyTo(target);
      return;
    }
    for (int bucket = 0; bucket < count(source); bucket++) {
      write(copy(source, bucket), target, bucket);
    }
  }

  /** Sends a sequence to a peer. */
  void send(int peer, Call call, RowSequence values) {
    send(List.of(peer), call, values);
  }

  /** Sends a sequence to some peers. */
  void send(List<Integer> peers, Call call, RowSequence values) {
    for (int bucket = 0; bucket < count(values); bucket++) {
      send(peers, call, values, bucket);
    }
  }

  /** The same, and leaves what they receive in another sequence of the same size. */
  void send(List<Integer> peers, Call call, RowSequence values, RowSequence place) {
    if (precision == WirePrecision.F32 || peers.isEmpty()) {
      send(peers, call, values);
      copy(values, place);
      return;
    }
    for (int bucket = 0; bucket < count(values); bucket++) {
      sendRounded(peers, call, values, place, bucket);
    }
  }

  /** Rounded once, for all of them and for this rank. */
  private void sendRounded(
      List<Integer> peers, Call call, RowSequence values, RowSequence place, int bucket) {
    PooledBuffer rounded = encode(read(values, bucket));
    rounded.retain(1);
    send(peers, call, bucket, rounded);
    write(decode(rounded), place, bucket);
  }

  /** Sends one bucket of a sequence to some peers. */
  void send(List<Integer> peers, Call call, RowSequence values, int bucket) {
    if (!peers.isEmpty()) {
      send(peers, call, bucket, message(values, bucket));
    }
  }

  /** Sends a bucket of float32 values that are in no array to a peer, and releases it. */
  void send(int peer, Call call, int bucket, PooledBuffer floats) {
    send(List.of(peer), call, bucket, encode(floats));
  }

  /** Sends a sequence to some peers, and leaves in it what they receive. */
  void broadcast(List<Integer> peers, Call call, RowSequence values) {
    for (int bucket = 0; bucket < count(values); bucket++) {
      broadcast(peers, call, values, bucket);
    }
  }

  /** Sends one bucket of a sequence to some peers, and leaves in it what they receive. */
  void broadcast(List<Integer> peers, Call call, RowSequence values, int bucket) {
    if (peers.isEmpty()) {
      return;
    }
    if (precision == WirePrecision.F32) {
      send(peers, call, bucket, message(values, bucket));
    } else {
      sendRounded(peers, call, values, values, bucket);
    }
  }

  private void send(List<Integer> peers, Call call, int bucket, Payload message) {
    message.retain(peers.size() - 1);
    for (int peer : peers) {
      mesh.send(peer, new MessageHeader(call, bucket, message.length()), message);
    }
  }

  private Payload message(RowSequence values, int bucket) {
    return staysInPlace(values, bucket)
        ? values.share(start(values, bucket), end(values, bucket))
        : encode(read(values, bucket));
  }

  /**
   * Whether a bucket is sent and received where it is. What is on a GPU is not: the buffer is where
   * it passes through host memory. Sharing an array costs as much as copying so much of it as a
   * small message holds.
   */
  private boolean staysInPlace(RowSequence values, int bucket) {
    long from = start(values, bucket);
    long to = end(values, bucket);
    return precision == WirePrecision.F32
        && values.onHost()
        && (to - from) * Float.BYTES > (long) Outbox.SMALL * values.arrays(from, to);
  }

  private PooledBuffer read(RowSequence values, int bucket) {
    long from = start(values, bucket);
    long to = end(values, bucket);
    PooledBuffer copy = mesh.buffer((int) (to - from) * Float.BYTES);
    values.read(from, to, copy.bytes());
    return copy;
  }

  private PooledBuffer encode(PooledBuffer floats) {
    if (precision == WirePrecision.F32) {
      return floats;
    }
    PooledBuffer rounded = mesh.buffer(floats.length() / Float.BYTES * precision.bytes());
    BFloat16.round(floats.bytes(), rounded.bytes());
    floats.release();
    return rounded;
  }

  private PooledBuffer decode(PooledBuffer message) {
    if (precision == WirePrecision.F32) {
      return message;
    }
    PooledBuffer floats = mesh.buffer(message.length() / precision.bytes() * Float.BYTES);
    BFloat16.widen(message.bytes(), floats.bytes());
    message.release();
    return floats;
  }

  /** Says that a sequence is to come from a peer, so that it may go where it belongs at once. */
  void expect(int source, Call call, RowSequence values) {
    for (int bucket = 0; bucket < count(values); bucket++) {
      if (staysInPlace(values, bucket)) {
        SharedRows place = values.share(start(values, bucket), end(values, bucket));
        mesh.expect(new MessageKey(source, call, bucket), place);
      }
    }
  }

  /** Waits for one bucket from a peer that was not expected; the caller releases it. */
  PooledBuffer receive(int source, Call call, RowSequence values, int bucket) {
    return decode((PooledBuffer) await(source, call, values, bucket));
  }

  /** Waits for a sequence from a peer and leaves it in the values given. */
  void receive(int source, Call call, RowSequence values) {
    for (int bucket = 0; bucket < count(values); bucket++) {
      Payload message = await(source, call, values, bucket);
      if (message instanceof PooledBuffer buffer) {
        write(decode(buffer), values, bucket);
      } else {
        message.release();
      }
    }
  }

  private Payload await(int source, Call call, RowSequence values, int bucket) {
    int expected = (int) (end(values, bucket) - start(values, bucket)) * precision.bytes();
    return mesh.receive(new MessageKey(source, call, bucket), expected);
  }

  /** Writes a bucket over its values and releases it. */
  void write(PooledBuffer bytes, RowSequence values, int bucket) {
    try {
      values.write(bytes.bytes(), start(values, bucket), end(values, bucket));
    } finally {
      bytes.release();
    }
  }

  private long start(RowSequence values, int bucket) {
    return bucket * bucketValues(values);
  }

  private long end(RowSequence values, int bucket) {
    return Math.min(values.size(), start(values, bucket) + bucketValues(values));
  }
}
