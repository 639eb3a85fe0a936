package normuon.job.lake;

import static org.assertj.core.api.Assertions.assertThat;

import com.knuddels.jtokkit.Encodings;
import com.knuddels.jtokkit.api.Encoding;
import com.knuddels.jtokkit.api.EncodingType;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Spliterators;
import java.util.function.Predicate;
import java.util.function.ToDoubleFunction;
import java.util.stream.LongStream;
import java.util.stream.StreamSupport;
import normuon.job.config.DocumentSettings;
import normuon.job.config.SourceSettings;
import normuon.job.data.TokenManifest;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerStageCompleted;
import org.apache.spark.scheduler.StageInfo;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Measures the rate of tokenization within {@code prepare} beside that of the library alone, in
 * bytes of UTF-8 per second of one core, in turns over the same documents with GPT-2's tokenizer.
 *
 * <p>The library gets strings and gives arrays, nothing is read, checked or written. Within {@code
 * prepare} counted is all that the tasks do which tokenize: they read the documents that were
 * shuffled, sort them, leave out duplicates and what is not UTF-8, tokenize, and write tokens. The
 * whole of {@code prepare} reads the table twice, hashes and shuffles besides.
 *
 * <p>Not part of the tests; {@code mvn test -pl spark-job -am -Dtest=TokenizationBenchmark
 * -Dsurefire.failIfNoSpecifiedTests=false} runs it and prints medians. With {@code
 * -Dnormuon.documents=short} it prepares two million documents of a line or two. The heap is 2 GiB
 * either way.
 */
class TokenizationBenchmark {

  private static final boolean IS_SHORT =
      System.getProperty("normuon.documents", "").equals("short");
  private static final long DOCUMENTS = IS_SHORT ? 2_000_000 : 20_000;
  private static final int ROUNDS = IS_SHORT ? 3 : 5;
  private static final int PARTITIONS = 8;
  private static final int AT_ONCE = 1_000;

  @TempDir private Path folder;

  /**
   * What a round took, in seconds of the processor but for the last.
   *
   * @param megabytes the documents in UTF-8
   * @param library of the library alone
   * @param step of the tasks of {@code prepare} that tokenize
   * @param whole of all tasks of {@code prepare}
   * @param elapsed of {@code prepare} by the clock
   */
  private record Round(
      double megabytes, double library, double step, double whole, double elapsed) {}

  @Test
  void measure() throws Exception {
    SparkSession spark =
        SparkSession.builder()
            .master("local[1]")
            .appName("tokenization")
            .config("spark.ui.enabled", "false")
            .config("spark.sql.shuffle.partitions", PARTITIONS)
            .getOrCreate();
    try {
      writeDocuments(spark);
      Stages stages = new Stages();
      spark.sparkContext().addSparkListener(stages);
      // For the compiler of the virtual machine.
      measure(spark, stages, "warm-up");
      List<Round> rounds = new ArrayList<>();
      for (int round = 1; round <= ROUNDS; round++) {
        rounds.add(measure(spark, stages, "round " + round));
      }
      printMedians(rounds);
    } finally {
      spark.stop();
    }
  }

  private Round measure(SparkSession spark, Stages stages, String name) throws Exception {
    double megabytes = 0;
    double library = 0;
    Encoding encoding = Encodings.newLazyEncodingRegistry().getEncoding(EncodingType.R50K_BASE);
    GeneratedDocuments documents = documents();
    for (long first = 0; first < DOCUMENTS; first += AT_ONCE) {
      List<String> texts =
          LongStream.range(first, first + AT_ONCE).mapToObj(documents::text).toList();
      library += tokenizationSeconds(encoding, texts);
      megabytes +=
          texts.stream().mapToInt(text -> text.getBytes(StandardCharsets.UTF_8).length).sum() / 1e6;
    }
    stages.finished.clear();
    long start = System.nanoTime();
    TokenManifest manifest = prepare(spark, folder.resolve(name));
    double elapsed = (System.nanoTime() - start) / 1e9;
    spark.sparkContext().listenerBus().waitUntilEmpty();
    assertThat(manifest.counts().documents()).isEqualTo(DOCUMENTS);
    Round round =
        new Round(
            megabytes,
            library,
            stages.tokenizationSeconds(),
            stages.seconds(stage -> true),
            elapsed);
    print(
        "%s: %.0f MB; library %.1f s, tokenization step %.1f s, prepare %.1f s of processor and %.1f s by the clock",
        name, megabytes, library, round.step, round.whole, elapsed);
    return round;
  }

  private static double tokenizationSeconds(Encoding encoding, List<String> texts) {
    long tokens = 0;
    long start = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
    for (String text : texts) {
      tokens += encoding.encodeOrdinary(text).toArray().length;
    }
    long end = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
    assertThat(tokens).isPositive();
    return (end - start) / 1e9;
  }

  private static void printMedians(List<Round> rounds) {
    print(
        "%,d documents, the library alone: %.2f MB/s per core",
        DOCUMENTS, median(rounds, round -> round.megabytes / round.library));
    print(
        "tokenization step of prepare: %.2f MB/s per core, %.0f%% of the library's rate",
        median(rounds, round -> round.megabytes / round.step),
        100 * median(rounds, round -> round.library / round.step));
    print(
        "all of prepare: %.2f MB/s per core, %.0f%% of it; %.1f s by the clock on one core",
        median(rounds, round -> round.megabytes / round.whole),
        100 * median(rounds, round -> round.library / round.whole),
        median(rounds, Round::elapsed));
  }

  private TokenManifest prepare(SparkSession spark, Path tokens) throws IOException {
    SourceSettings source =
        new SourceSettings(
            SourceSettings.Format.PARQUET,
            folder.resolve("documents").toString(),
            "",
            "text",
            "id",
            "",
            -1);
    return new LakePreparation(spark)
        .prepare(
            new LakeRequest(
                List.of(source),
                new DocumentSettings(1, 10_000_000, DocumentSettings.Duplicates.DROP),
                "gpt2",
                "",
                0.01,
                tokens.toString(),
                128));
  }

  private void writeDocuments(SparkSession spark) {
    spark
        .range(0, DOCUMENTS, 1, PARTITIONS)
        .mapPartitions(
            (MapPartitionsFunction<Long, String>) TokenizationBenchmark::texts, Encoders.STRING())
        .toDF("text")
        .selectExpr("monotonically_increasing_id() AS id", "text")
        .write()
        .parquet(folder.resolve("documents").toString());
  }

  private static Iterator<String> texts(Iterator<Long> numbers) {
    GeneratedDocuments documents = documents();
    return StreamSupport.stream(Spliterators.spliteratorUnknownSize(numbers, 0), false)
        .map(documents::text)
        .iterator();
  }

  private static GeneratedDocuments documents() {
    return IS_SHORT ? new GeneratedDocuments(5, 25) : new GeneratedDocuments(50, 1_200);
  }

  private static void print(String format, Object... values) {
    System.out.println(String.format(Locale.ROOT, format, values));
  }

  private static double median(List<Round> rounds, ToDoubleFunction<Round> value) {
    return rounds.stream()
        .mapToDouble(value)
        .sorted()
        .skip(rounds.size() / 2)
        .findFirst()
        .orElseThrow();
  }

  /** The stages that Spark has finished. */
  private static final class Stages extends SparkListener {

    private final List<StageInfo> finished = new ArrayList<>();

    @Override
    public void onStageCompleted(SparkListenerStageCompleted completed) {
      finished.add(completed.stageInfo());
    }

    /** Only the tasks that tokenize read all documents from the shuffle. */
    double tokenizationSeconds() {
      return seconds(stage -> stage.taskMetrics().shuffleReadMetrics().recordsRead() >= DOCUMENTS);
    }

    /** Seconds of the processor that the tasks of stages took. */
    double seconds(Predicate<StageInfo> wanted) {
      return finished.stream()
          .filter(wanted)
          .mapToDouble(stage -> stage.taskMetrics().executorCpuTime() / 1e9)
          .sum();
    }
  }
}
