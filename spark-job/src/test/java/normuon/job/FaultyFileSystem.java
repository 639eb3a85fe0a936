package normuon.job;

import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.nio.file.Files;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RawLocalFileSystem;
import org.apache.hadoop.fs.permission.FsPermission;
import org.apache.hadoop.util.Progressable;

/** The local files under a scheme of their own, with a disk that can be full or slow. */
public final class FaultyFileSystem extends RawLocalFileSystem {

  private static final String SCHEME = "faulty";
  private static final String FULL_PART = "fs." + SCHEME + ".full.part";
  private static final String FULL_WHILE = "fs." + SCHEME + ".full.while";
  private static final String RATE = "fs." + SCHEME + ".bytes.per.second";
  private static final String IMPLEMENTATION =
      "spark.hadoop.fs." + SCHEME + ".impl=" + FaultyFileSystem.class.getName();
  private static final Map<String, AtomicLong> ROOM = new ConcurrentHashMap<>();
  private static final Map<String, AtomicInteger> FAILURES = new ConcurrentHashMap<>();
  private static final Map<String, CountDownLatch> GATES = new ConcurrentHashMap<>();

  /** Makes Spark know the scheme. */
  static void register() {
    System.setProperty("spark.hadoop.fs." + SCHEME + ".impl", FaultyFileSystem.class.getName());
  }

  /** Takes all back. */
  static void unregister() {
    System.clearProperty("spark.hadoop.fs." + SCHEME + ".impl");
    ROOM.clear();
    FAILURES.clear();
    GATES.values().forEach(CountDownLatch::countDown);
    GATES.clear();
  }

  /**
   * Options of spark-submit with which the disk of another process is full for some files.
   *
   * @param part a text in the paths of these files
   * @param marker it is full as long as this file exists
   */
  static List<String> fullWhile(java.nio.file.Path marker, String part) {
    return List.of(
        "--conf",
        IMPLEMENTATION,
        "--conf",
        "spark.hadoop." + FULL_PART + "=" + part,
        "--conf",
        "spark.hadoop." + FULL_WHILE + "=" + marker);
  }

  /**
   * Options of spark-submit with which a store takes so many bytes a second of each file, and no
   * more.
   */
  static List<String> slow(long bytesPerSecond) {
    return List.of(
        "--conf", IMPLEMENTATION, "--conf", "spark.hadoop." + RATE + "=" + bytesPerSecond);
  }

  static String path(java.nio.file.Path local) {
    return SCHEME + "://" + local.toAbsolutePath();
  }

  /** From now on, files whose path contains a text have room for so many bytes together. */
  static void limit(String part, long bytes) {
    ROOM.put(part, new AtomicLong(bytes));
  }

  /** The next write to a file whose path contains a text fails, and no other. */
  static void failOnce(String part) {
    FAILURES.put(part, new AtomicInteger());
  }

  /** How many writes have failed because of {@link #failOnce}. */
  static int failures(String part) {
    return FAILURES.get(part).get();
  }

  /** From now on, files whose path contains a text are not written before the latch is open. */
  static void hold(String part, CountDownLatch gate) {
    GATES.put(part, gate);
  }

  @Override
  public URI getUri() {
    return URI.create(SCHEME + ":///");
  }

  @Override
  public String getScheme() {
    return SCHEME;
  }

  @Override
  public FSDataOutputStream create(
      Path path,
      boolean overwrite,
      int bufferSize,
      short replication,
      long blockSize,
      Progressable progress)
      throws IOException {
    OutputStream out = super.create(path, overwrite, bufferSize, replication, blockSize, progress);
    long rate = getConf().getLong(RATE, Long.MAX_VALUE);
    return new FSDataOutputStream(new Disk(out, path.toString(), isFull(path), rate), null);
  }

  @Override
  public FSDataOutputStream create(
      Path path,
      FsPermission permission,
      boolean overwrite,
      int bufferSize,
      short replication,
      long blockSize,
      Progressable progress)
      throws IOException {
    return create(path, overwrite, bufferSize, replication, blockSize, progress);
  }

  private boolean isFull(Path path) {
    String part = getConf().get(FULL_PART);
    return part != null
        && path.toString().contains(part)
        && Files.exists(java.nio.file.Path.of(getConf().get(FULL_WHILE)));
  }

  private static final class Disk extends FilterOutputStream {

    private final String path;
    private final boolean full;
    private final double bytesPerNano;
    private final long opened = System.nanoTime();
    private long written;

    Disk(OutputStream out, String path, boolean full, long bytesPerSecond) {
      super(out);
      this.path = path;
      this.full = full;
      this.bytesPerNano = bytesPerSecond / 1e9;
    }

    @Override
    public void write(int value) throws IOException {
      write(new byte[] {(byte) value}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      for (Map.Entry<String, CountDownLatch> gate : GATES.entrySet()) {
        if (path.contains(gate.getKey())) {
          pass(gate.getValue());
        }
      }
      for (Map.Entry<String, AtomicInteger> failures : FAILURES.entrySet()) {
        if (path.contains(failures.getKey()) && failures.getValue().compareAndSet(0, 1)) {
          throw new IOException("Connection reset by peer");
        }
      }
      for (Map.Entry<String, AtomicLong> room : ROOM.entrySet()) {
        if (path.contains(room.getKey()) && room.getValue().addAndGet(-length) < 0) {
          throw new IOException("No space left on device");
        }
      }
      if (full) {
        throw new IOException("No space left on device");
      }
      out.write(bytes, offset, length);
      written += length;
      awaitTurn();
    }

    /** Returns when so much may have been written. */
    private void awaitTurn() {
      long turn = opened + (long) (written / bytesPerNano);
      for (long left = turn - System.nanoTime(); left > 0; left = turn - System.nanoTime()) {
        LockSupport.parkNanos(left);
      }
    }

    private static void pass(CountDownLatch gate) throws IOException {
      try {
        if (!gate.await(1, TimeUnit.MINUTES)) {
          throw new IOException("the gate stayed shut");
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IOException(e);
      }
    }
  }
}
