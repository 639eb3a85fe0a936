package normuon.job.comm;

import normuon.torch.BFloat16;

/**
 * Cuts sequences of values into buckets, sends them, and puts them together again. Of many ranks
 * each keeps for itself what it sends to the others, so that all have the same bits.
 */
final class BucketExchange {

  private final Membership self;
  private final Mesh mesh;
  private final int bucketValues;
  private final WirePrecision precision;

  BucketExchange(Membership self, Mesh mesh, CommunicationOptions options) {
    this.self = self;
    this.mesh = mesh;
    this.bucketValues = (int) (options.bucketBytes() / Float.BYTES);
    this.precision = self.worldSize() == 1 ? WirePrecision.F32 : options.precision();
  }

  /** How many buckets a sequence takes; none if it is empty. */
  int count(RowSequence values) {
    return Math.toIntExact((values.size() + bucketValues - 1) / bucketValues);
  }

  /** A copy of one bucket as others receive it, in float32, which the caller releases. */
  PooledBuffer copy(RowSequence values, int bucket) {
    return decode(encode(read(values, bucket)));
  }

  /** Copies a sequence as others receive it over another one of the same size. */
  void copy(RowSequence source, RowSequence target) {
    for (int bucket = 0; bucket < count(source); bucket++) {
      write(copy(source, bucket), target, bucket);
    }
  }

  /** Sends one bucket of a sequence to a peer. */
  void send(int peer, Call call, RowSequence values, int bucket) {
    Payload message = message(values, bucket);
    mesh.send(peer, new MessageHeader(call, bucket, message.length()), message);
  }

  /** Sends a sequence to a peer. */
  void send(int peer, Call call, RowSequence values) {
    for (int bucket = 0; bucket < count(values); bucket++) {
      send(peer, call, values, bucket);
    }
  }

  /** Sends a sequence to every peer. */
  void sendToAll(Call call, RowSequence values) {
    for (int bucket = 0; bucket < count(values); bucket++) {
      sendToAll(call, bucket, message(values, bucket));
    }
  }

  /** Sends a sequence to every peer, and leaves in it what they receive. */
  void broadcast(Call call, RowSequence values) {
    for (int bucket = 0; bucket < count(values); bucket++) {
      Payload message = message(values, bucket);
      if (precision != WirePrecision.F32) {
        message.retain(1);
        write(decode((PooledBuffer) message), values, bucket);
      }
      sendToAll(call, bucket, message);
    }
  }

  private void sendToAll(Call call, int bucket, Payload message) {
    message.retain(self.worldSize() - 1);
    for (int distance = 1; distance < self.worldSize(); distance++) {
      mesh.send(self.peer(distance), new MessageHeader(call, bucket, message.length()), message);
    }
    message.release();
  }

  private Payload message(RowSequence values, int bucket) {
    return staysInPlace(values, bucket)
        ? values.share(start(bucket), end(values, bucket))
        : encode(read(values, bucket));
  }

  /**
   * Whether a bucket is sent and received where it is. What is on a GPU is not: the buffer is where
   * it passes through host memory. Sharing an array costs as much as copying so much of it as a
   * small message holds.
   */
  private boolean staysInPlace(RowSequence values, int bucket) {
    long from = start(bucket);
    long to = end(values, bucket);
    return precision == WirePrecision.F32
        && values.onHost()
        && (to - from) * Float.BYTES > (long) Outbox.SMALL * values.arrays(from, to);
  }

  private PooledBuffer read(RowSequence values, int bucket) {
    long from = start(bucket);
    long to = end(values, bucket);
    PooledBuffer floats = mesh.buffer((int) (to - from) * Float.BYTES);
    values.read(from, to, floats.bytes());
    return floats;
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
        SharedRows place = values.share(start(bucket), end(values, bucket));
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
    int expected = (int) (end(values, bucket) - start(bucket)) * precision.bytes();
    return mesh.receive(new MessageKey(source, call, bucket), expected);
  }

  /** Writes a bucket in float32 over its values and releases it. */
  void write(PooledBuffer floats, RowSequence values, int bucket) {
    try {
      values.write(floats.bytes(), start(bucket), end(values, bucket));
    } finally {
      floats.release();
    }
  }

  private long start(int bucket) {
    return (long) bucket * bucketValues;
  }

  private long end(RowSequence values, int bucket) {
    return Math.min(values.size(), start(bucket) + bucketValues);
  }
}
