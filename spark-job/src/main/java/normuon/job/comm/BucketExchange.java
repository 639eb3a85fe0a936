package normuon.job.comm;

/** Cuts sequences of values into buckets, sends them, and puts them together again. */
final class BucketExchange {

  private final Membership self;
  private final Mesh mesh;
  private final int bucketValues;

  BucketExchange(Membership self, Mesh mesh, long bucketBytes) {
    this.self = self;
    this.mesh = mesh;
    this.bucketValues = (int) (bucketBytes / Float.BYTES);
  }

  /** How many buckets a sequence takes; none if it is empty. */
  int count(RowSequence values) {
    return Math.toIntExact((values.size() + bucketValues - 1) / bucketValues);
  }

  /** A copy of one bucket of a sequence, which the caller releases. */
  PooledBuffer copy(RowSequence values, int bucket) {
    long from = start(bucket);
    long to = end(values, bucket);
    PooledBuffer copy = mesh.buffer((int) (to - from) * Float.BYTES);
    values.read(from, to, copy.bytes());
    return copy;
  }

  /** Copies a sequence over another one of the same size. */
  void copy(RowSequence source, RowSequence target) {
    for (int bucket = 0; bucket < count(source); bucket++) {
      write(copy(source, bucket), target, bucket);
    }
  }

  private Payload outgoing(RowSequence values, int bucket) {
    return staysInPlace(values, bucket)
        ? values.share(start(bucket), end(values, bucket))
        : copy(values, bucket);
  }

  /**
   * Whether a bucket is sent and received where it is: sharing an array costs as much as a copy.
   */
  private boolean staysInPlace(RowSequence values, int bucket) {
    long from = start(bucket);
    long to = end(values, bucket);
    return (to - from) * Float.BYTES > (long) Outbox.SMALL * values.arrays(from, to);
  }

  /** Sends one bucket of a sequence to a peer. */
  void send(int peer, Call call, RowSequence values, int bucket) {
    Payload message = outgoing(values, bucket);
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
    if (self.worldSize() == 1) {
      return;
    }
    for (int bucket = 0; bucket < count(values); bucket++) {
      Payload message = outgoing(values, bucket);
      message.retain(self.worldSize() - 2);
      for (int distance = 1; distance < self.worldSize(); distance++) {
        mesh.send(self.peer(distance), new MessageHeader(call, bucket, message.length()), message);
      }
    }
  }

  /** Waits for one bucket from a peer; the caller releases it. */
  Payload receive(int source, Call call, RowSequence values, int bucket) {
    int expected = (int) (end(values, bucket) - start(bucket)) * Float.BYTES;
    return mesh.receive(new MessageKey(source, call, bucket), expected);
  }

  /**
   * Says before the wait that a sequence is to come from a peer, which may then go to its place.
   */
  void expect(int source, Call call, RowSequence values) {
    for (int bucket = 0; bucket < count(values); bucket++) {
      if (staysInPlace(values, bucket)) {
        SharedRows place = values.share(start(bucket), end(values, bucket));
        mesh.expect(new MessageKey(source, call, bucket), place);
      }
    }
  }

  /** Waits for a sequence from a peer and leaves it in the values given. */
  void receive(int source, Call call, RowSequence values) {
    for (int bucket = 0; bucket < count(values); bucket++) {
      Payload message = receive(source, call, values, bucket);
      if (message instanceof PooledBuffer buffer) {
        write(buffer, values, bucket);
      } else {
        message.release();
      }
    }
  }

  /** Writes a bucket over its values and releases it. */
  void write(PooledBuffer message, RowSequence values, int bucket) {
    try {
      values.write(message.bytes(), start(bucket), end(values, bucket));
    } finally {
      message.release();
    }
  }

  private long start(int bucket) {
    return (long) bucket * bucketValues;
  }

  private long end(RowSequence values, int bucket) {
    return Math.min(values.size(), start(bucket) + bucketValues);
  }
}
