package normuon.job.track;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import normuon.job.report.AttemptRecord;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.RawLocalFileSystem;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TensorBoardTrackerTest {

  @TempDir private Path folder;

  /** The check value that the checksum's definition gives, for the reader of this test. */
  @Test
  void readersChecksumIsRight() {
    assertThat(EventFiles.checksum("123456789".getBytes(StandardCharsets.US_ASCII)))
        .isEqualTo(0xE3069283);
  }

  @Test
  void eventsAreThoseOfTheRun() throws IOException {
    double before = System.currentTimeMillis() / 1000.0;
    ExampleRun.tell(tracker(), 0, 2);

    List<Path> files = EventFiles.in(folder);
    assertThat(files).hasSize(1);
    assertThat(files.get(0).getFileName().toString())
        .matches("events\\.out\\.tfevents\\.[0-9]{10}\\..+\\.00000");
    List<EventFiles.Event> events = EventFiles.read(files.get(0));
    assertThat(events.get(0).version()).isEqualTo("brain.Event:2");
    assertThat(events)
        .extracting(EventFiles.Event::step)
        .as("version, restart, two steps, diagnostics, evaluation")
        .containsExactly(0L, 1L, 1L, 2L, 2L, 2L);
    assertThat(events)
        .allSatisfy(event -> assertThat(event.wallTime()).isBetween(before, before + 60));
    assertThat(events.get(3).scalars())
        .containsEntry("train/loss", 2f)
        .containsEntry("train/learning_rate", 0.01f)
        .containsEntry("train/grad_norm", 0.5f)
        .containsEntry("train/tokens_per_second", 10_000f)
        .containsEntry("time/step_ms", 100f)
        .containsEntry("time/backward_ms", 60f)
        .doesNotContainKey("train/step");
    assertThat(events.get(4).scalars())
        .containsEntry("train/clipped_steps", 0.25f)
        .containsEntry("update_to_weight/b", 0.125f)
        .containsEntry("row_norm_deviation_before/a", (float) ExampleRun.UNEVEN.deviation())
        .containsEntry("row_norm_deviation_after/a", 0f)
        .containsEntry("momentum_condition/a", 1000f)
        .doesNotContainKey("update_condition/a")
        .doesNotContainKey("momentum_condition/b");
    assertThat(events.get(5).scalars().get("validation/perplexity"))
        .isCloseTo((float) Math.exp(1.5), within(1e-6f));
  }

  @Test
  void whatIsNoNumberIsLeftOut() throws IOException {
    try (TensorBoardTracker tracker = tracker()) {
      tracker.started(ExampleRun.start(0));
      tracker.step(ExampleRun.refused(1));
    }

    Map<String, Float> scalars = EventFiles.read(EventFiles.in(folder).get(0)).get(2).scalars();
    assertThat(scalars)
        .doesNotContainKeys("train/loss", "train/grad_norm")
        .containsEntry("train/refused_steps", 1f);
  }

  @Test
  void whatIsMadeAgainBeginsAFileThatSaysSo() throws IOException {
    try (TensorBoardTracker tracker = tracker()) {
      tracker.started(ExampleRun.start(0));
      tracker.step(ExampleRun.step(1));
      tracker.step(ExampleRun.step(2));
      tracker.continued(new AttemptRecord(1, 2, "rank 1 was lost"));
      tracker.step(ExampleRun.step(2));
    }

    List<Path> files = EventFiles.in(folder);
    assertThat(files).hasSize(2);
    List<EventFiles.Event> second = EventFiles.read(files.get(1));
    assertThat(second.get(1).restart()).isTrue();
    assertThat(second).extracting(EventFiles.Event::step).containsExactly(0L, 2L, 2L);
  }

  /** Of three starts in a row at least two are in one second, which their files' names tell. */
  @Test
  void startsInOneSecondHaveFilesOfTheirOwn() throws IOException {
    for (int start = 0; start < 3; start++) {
      try (TensorBoardTracker tracker = tracker()) {
        tracker.started(ExampleRun.start(start));
      }
    }

    List<Long> restarts = new ArrayList<>();
    for (Path file : EventFiles.in(folder)) {
      restarts.add(EventFiles.read(file).get(1).step());
    }
    assertThat(restarts).containsExactly(1L, 2L, 3L);
  }

  @Test
  void aStoreThatShowsWholeFilesAloneGetsOneAtEachCheckpoint() throws IOException {
    Configuration hadoop = new Configuration();
    hadoop.setClass("fs.whole.impl", WholeFiles.class, Object.class);
    try (TensorBoardTracker tracker =
        new TensorBoardTracker(
            new org.apache.hadoop.fs.Path("whole://store" + folder.toAbsolutePath()), hadoop)) {
      tracker.started(ExampleRun.start(0));
      tracker.step(ExampleRun.step(1));
      tracker.step(ExampleRun.step(2));
      tracker.checkpointed(1);
      tracker.step(ExampleRun.step(3));
    }

    List<Long> steps = new ArrayList<>();
    for (Path file : EventFiles.in(folder)) {
      EventFiles.read(file).stream()
          .filter(event -> !event.scalars().isEmpty())
          .forEach(event -> steps.add(event.step()));
      assertThat(EventFiles.read(file).stream().filter(EventFiles.Event::restart).count())
          .as("only the first file drops steps, as those after a checkpoint are not made again")
          .isEqualTo(file.toString().endsWith("00000") ? 1 : 0);
    }
    assertThat(steps).containsExactly(1L, 2L, 3L);
    assertThat(EventFiles.in(folder)).hasSize(2);
  }

  @Test
  void aFolderThatCannotBeWrittenIsNamed() throws IOException {
    Path file = Files.writeString(folder.resolve("file"), "");
    TensorBoardTracker tracker =
        new TensorBoardTracker(
            new org.apache.hadoop.fs.Path(file.toUri().toString(), "run"), new Configuration());

    assertThatThrownBy(() -> tracker.started(ExampleRun.start(0)))
        .hasMessage("Cannot write event files in file:" + file.toUri().getPath() + "/run");
  }

  private TensorBoardTracker tracker() {
    return new TensorBoardTracker(
        new org.apache.hadoop.fs.Path(folder.toUri()), new Configuration());
  }

  /** The local file system as a store whose files appear when they are closed. */
  public static final class WholeFiles extends RawLocalFileSystem {

    @Override
    public URI getUri() {
      return URI.create("whole://store");
    }

    @Override
    public String getScheme() {
      return "whole";
    }

    @Override
    public FSDataOutputStream create(org.apache.hadoop.fs.Path path, boolean overwrite)
        throws IOException {
      return new FSDataOutputStream(super.create(path, overwrite), null) {
        @Override
        public boolean hasCapability(String capability) {
          return false;
        }
      };
    }
  }
}
