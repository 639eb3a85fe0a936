package normuon.job.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Holders of other processes and machines are what they would have written. */
@Timeout(30)
class RunLeaseTest {

  private static final int LONG = 3600;

  @TempDir private Path folder;
  private final List<String> notices = new CopyOnWriteArrayList<>();
  private FileSystem files;

  @BeforeEach
  void open() throws IOException {
    files = FileSystem.getLocal(new Configuration()).getRaw();
  }

  @Test
  void aLeaseIsThereWhileItIsHeldAndGoneAfterwards() {
    try (RunLease lease = take(LONG)) {
      assertThat(folder.resolve("lease.json")).content().contains("\"process\":");
      lease.requireHeld();
    }
    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void aSecondDriverIsRefusedWithTheNameOfTheFirst() {
    try (RunLease first = take(LONG)) {
      assertThatThrownBy(() -> take(LONG))
          .isInstanceOf(LeaseHeldException.class)
          .hasMessageStartingWith("Cannot use run.directory " + folder)
          .hasMessageContaining(": process " + ProcessHandle.current().pid() + " on ")
          .hasMessageContaining("holds its lease, renewed 0 s ago; wait for its end, or");
      assertThat(first.isHeld()).isTrue();
    }
  }

  @Test
  void theLeaseOfAProcessThatEndedOnThisMachineIsTakenAtOnce() throws Exception {
    Process ended = new ProcessBuilder("true").start();
    ended.waitFor();
    hold(holder(ended.pid(), 0, here().machine(), LONG));
    assertTakenWithoutAWord();

    LeaseHolder reused =
        holder(here().process(), here().processStart() - 60_000, here().machine(), LONG);
    hold(reused);
    assertTakenWithoutAWord();
  }

  @Test
  void theLeaseOfASilentDriverElsewhereIsWaitedForAndTaken() throws IOException {
    hold(holder(4711, 0, "another machine", 1));

    try (RunLease lease = take(LONG)) {
      assertThat(lease.isHeld()).isTrue();
    }
    assertThat(notices)
        .singleElement()
        .asString()
        .matches(
            "Waiting at most [12] s for the lease of run.directory "
                + folder
                + " to expire: process 4711 on elsewhere renewed it 0 s ago");
    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void anExpiredLeaseIsTakenAtOnceByTheClockOfTheStore() throws IOException {
    hold(holder(4711, 0, "another machine", LONG));
    Files.setLastModifiedTime(
        folder.resolve("lease.json"), FileTime.from(Instant.now().minusSeconds(LONG + 1)));

    assertTakenWithoutAWord();
  }

  @Test
  void aDriverElsewhereThatRenewsItsLeaseIsNotRobbed() throws Exception {
    LeaseHolder elsewhere = holder(4711, 0, "another machine", LONG);
    hold(elsewhere);
    CompletableFuture<RunLease> second = CompletableFuture.supplyAsync(() -> take(LONG));
    await().until(() -> !notices.isEmpty());
    hold(elsewhere.renewedNow());

    assertThatThrownBy(second::join)
        .hasCauseInstanceOf(LeaseHeldException.class)
        .hasMessageContaining("process 4711 on elsewhere holds its lease");
  }

  @Test
  void aLeaseThatWasBrokenOffInWritingExpires() throws IOException {
    Files.createFile(folder.resolve("lease.json"));

    try (RunLease lease = take(2)) {
      assertThat(lease.isHeld()).isTrue();
    }
    assertThat(notices).singleElement().asString().contains("an unknown process renewed it");
  }

  @Test
  void aHeldLeaseIsRenewed() throws IOException {
    try (RunLease lease = take(1)) {
      FileTime first = Files.getLastModifiedTime(folder.resolve("lease.json"));
      await()
          .atMost(Duration.ofSeconds(10))
          .until(
              () -> Files.getLastModifiedTime(folder.resolve("lease.json")).compareTo(first) > 0);
      lease.requireHeld();
    }
  }

  @Test
  void aDriverThatLostItsLeaseStopsAndLeavesTheNewOneAlone() throws IOException {
    AtomicBoolean told = new AtomicBoolean();
    LeaseHolder thief = holder(4711, 0, "another machine", LONG);
    try (RunLease lease = take(1)) {
      lease.whenLost(() -> told.set(true));
      hold(thief);

      await().atMost(Duration.ofSeconds(10)).untilTrue(told);
      assertThat(lease.isHeld()).isFalse();
      assertThatThrownBy(lease::requireHeld)
          .isInstanceOf(LeaseHeldException.class)
          .hasMessageStartingWith("Cannot go on in run.directory " + folder)
          .hasMessageContaining("its lease was lost to another process");
    }
    assertThat(new LeaseFile(files, path()).isOf(thief)).isTrue();
  }

  @Test
  void ofManyThatWantAnExpiredLeaseAtOnceOneGetsIt() throws Exception {
    hold(holder(4711, 0, "another machine", LONG));
    Files.setLastModifiedTime(
        folder.resolve("lease.json"), FileTime.from(Instant.now().minusSeconds(LONG + 1)));
    int drivers = 8;
    ExecutorService threads = Executors.newFixedThreadPool(drivers);
    CountDownLatch start = new CountDownLatch(1);
    List<Future<RunLease>> takers = new ArrayList<>();
    for (int driver = 0; driver < drivers; driver++) {
      takers.add(
          threads.submit(
              () -> {
                start.await();
                return take(LONG);
              }));
    }
    start.countDown();

    List<RunLease> taken = new ArrayList<>();
    for (Future<RunLease> taker : takers) {
      try {
        taken.add(taker.get());
      } catch (ExecutionException refused) {
        assertThat(refused).hasCauseInstanceOf(LeaseHeldException.class);
      }
    }
    threads.shutdown();
    taken.forEach(RunLease::close);
    assertThat(taken).hasSize(1);
    assertThat(folder).isEmptyDirectory();
  }

  private void assertTakenWithoutAWord() {
    try (RunLease lease = take(LONG)) {
      assertThat(lease.isHeld()).isTrue();
    }
    assertThat(notices).isEmpty();
  }

  private RunLease take(int seconds) {
    return RunLease.take(files, path(), seconds, notices::add);
  }

  private void hold(LeaseHolder holder) throws IOException {
    new LeaseFile(files, path()).write(holder);
  }

  private org.apache.hadoop.fs.Path path() {
    return new org.apache.hadoop.fs.Path(folder.toString());
  }

  private static LeaseHolder here() {
    return LeaseHolder.here(LONG);
  }

  private static LeaseHolder holder(long process, long start, String machine, int seconds) {
    return new LeaseHolder(
        "another", "elsewhere", process, start, machine, seconds, 0, "2026-01-01T00:00:00Z");
  }
}
