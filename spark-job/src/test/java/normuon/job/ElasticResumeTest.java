package normuon.job;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import normuon.job.config.WeightsSettings.Layout;
import normuon.job.data.BatchSource;
import normuon.job.data.MixtureOrder;
import org.apache.logging.log4j.Level;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.core.LogEvent;
import org.apache.logging.log4j.core.Logger;
import org.apache.logging.log4j.core.appender.AbstractAppender;
import org.apache.logging.log4j.core.config.Property;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A run that is begun on two ranks, resumed on three and then on one, in each layout. */
class ElasticResumeTest {

  private static final int STEPS = 45;
  private static final int FIRST = 15;
  private static final int SECOND = 30;
  private static final int SEQUENCES_PER_STEP = 12;

  @TempDir private Path folder;

  private final Logger logger = (Logger) LogManager.getLogger(BatchSource.class);
  private final ReadSequences read = new ReadSequences();

  @BeforeEach
  void follow() {
    read.start();
    logger.addAppender(read);
    logger.setLevel(Level.DEBUG);
  }

  @AfterEach
  void unfollow() {
    logger.setLevel(null);
    logger.removeAppender(read);
  }

  @ParameterizedTest
  @EnumSource(Layout.class)
  void everyStepSeesTheSequencesAndTheLossOfAnUndisturbedRun(Layout layout) throws IOException {
    Path text = TrainedRun.text(folder);
    TrainedRun undisturbed = train(layout, text, 2);
    List<Double> losses = losses(undisturbed);
    Map<Long, Long> sequences = read.take();
    assertThat(sequences.keySet()).containsExactlyElementsOf(range(0, STEPS));

    // A checkpoint without its manifest does not exist, so that the run goes on after the one
    // before.
    forget(undisturbed, SECOND);
    forget(undisturbed, STEPS);
    TrainedRun onThree = train(layout, text, 3);
    assertThat(onThree.output()).contains("Resuming after step " + FIRST);
    requireSame(read.take(), sequences, FIRST);

    forget(onThree, STEPS);
    TrainedRun onOne = train(layout, text, 1);
    assertThat(onOne.output()).contains("Resuming after step " + SECOND);
    requireSame(read.take(), sequences, SECOND);

    assertThat(IntStream.of(FIRST, SECOND, STEPS).map(step -> ranks(onOne, step)))
        .containsExactly(2, 3, 1);
    assertThat(losses(onOne))
        .hasSize(STEPS)
        .zipSatisfy(
            losses, (actual, loss) -> assertThat(actual).isCloseTo(loss, Offset.offset(1e-4)));
    assertThat(onOne.metrics("tokens"))
        .extracting(line -> line.get("tokens").asInt())
        .isEqualTo(
            undisturbed.metrics("tokens").stream()
                .map(line -> line.get("tokens").asInt())
                .toList());
  }

  private static void requireSame(
      Map<Long, Long> actual, Map<Long, Long> undisturbed, int afterStep) {
    assertThat(actual.keySet()).containsExactlyElementsOf(range(afterStep, STEPS));
    assertThat(undisturbed).containsAllEntriesOf(actual);
  }

  private static List<Long> range(int afterStep, int toStep) {
    return LongStream.range(
            (long) afterStep * SEQUENCES_PER_STEP, (long) toStep * SEQUENCES_PER_STEP)
        .boxed()
        .toList();
  }

  private TrainedRun train(Layout layout, Path text, int ranks) {
    return TrainedRun.tiny(
            folder.resolve("run"),
            text,
            "train.steps=" + STEPS,
            "train.sequences_per_step=" + SEQUENCES_PER_STEP,
            "checkpoint.every_steps=" + FIRST,
            "optimizer.schedule.warmup_steps=100",
            "optimizer.schedule.name=constant",
            "train.ranks=" + ranks,
            "weights.layout=" + layout.name().toLowerCase(Locale.ROOT))
        .requireSucceeded();
  }

  private static void forget(TrainedRun run, int step) throws IOException {
    Files.delete(run.checkpoint(step).resolve("manifest.json"));
  }

  private static int ranks(TrainedRun run, int step) {
    return run.manifest(step).get("ranks").asInt();
  }

  private static List<Double> losses(TrainedRun run) {
    return run.metrics("loss").stream().map(line -> line.get("loss").asDouble()).toList();
  }

  /** What the ranks read, from their log: where each sequence of the run begins. */
  private static final class ReadSequences extends AbstractAppender {

    private final Map<Long, Long> positions = new ConcurrentSkipListMap<>();

    ReadSequences() {
      super("read-sequences", null, null, false, Property.EMPTY_ARRAY);
    }

    @Override
    public void append(LogEvent event) {
      Object[] values = event.getMessage().getParameters();
      long first = (Long) values[0];
      List<?> samples = (List<?>) values[1];
      for (int i = 0; i < samples.size(); i++) {
        long position = ((MixtureOrder.Sample) samples.get(i)).position();
        assertThat(positions.put(first + i, position)).as("read once").isNull();
      }
    }

    Map<Long, Long> take() {
      Map<Long, Long> taken = Map.copyOf(positions);
      positions.clear();
      return new ConcurrentSkipListMap<>(taken);
    }
  }
}
