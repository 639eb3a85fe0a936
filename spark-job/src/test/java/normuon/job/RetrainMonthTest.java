package normuon.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import normuon.job.config.MixtureSettings;
import normuon.job.data.MixtureOrder;
import normuon.job.data.Split;
import normuon.job.data.TokenMixture;
import normuon.job.report.RunDirectory;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A table grows day by day, and a scheduler calls {@code retrain}. */
class RetrainMonthTest {

  @TempDir private Path folder;

  private GrowingTable table;
  private RetrainedLine line;

  @ParameterizedTest
  @ValueSource(strings = {"delta", "iceberg"})
  void aMonth(String format) throws Exception {
    table = new GrowingTable(format, folder.resolve("db/documents"));
    line =
        RetrainedLine.of(
            folder.resolve("line"), table, "train.steps=150", "retrain.old_share=0.25");
    table.addWords(1, 60);
    retrain(0, "PROMOTED");

    retrain(0, "NO_NEW_DATA");
    assertThat(line.generation(2)).doesNotExist();

    table.addWords(2, 40);
    killInTraining(2);
    table.addWords(3, 30);
    retrain(0, "PROMOTED");
    assertThat(line.promoted().at("/generation").asInt()).isEqualTo(2);
    assertThat(documents(2)).as("rows that came after the kill are not for this one").isEqualTo(40);

    retrain(0, "PROMOTED");
    assertThat(documents(3)).isEqualTo(30);

    table.addGarbage(4, 60);
    retrain(4, "NOT_PROMOTED");
    assertThat(line.promoted().at("/generation").asInt()).isEqualTo(3);

    table.change(spark -> spark.sql("DELETE FROM " + table.relation() + " WHERE id >= 4000"));
    table.addWords(5, 35);
    retrain(0, "PROMOTED");
    assertThat(documents(5)).as("neither garbage nor rows of before").isEqualTo(35);

    requireChain();
    requireUses();
    requireProvenance(format);
  }

  private void retrain(int code, String status) {
    RetrainedLine.Result result = line.retrain();

    assertThat(result.code()).as(result.output() + result.errors()).isEqualTo(code);
    assertThat(code == 0 ? result.output() : result.errors()).contains(status + ": ");
    assertThat(line.status().at("/status").asText()).isEqualTo(status);
    assertThat(result.output() + result.errors()).contains(line.status().at("/message").asText());
  }

  private void killInTraining(int generation) throws Exception {
    Path metrics = line.generation(generation).resolve("run/metrics.jsonl");
    JobProcess job = line.start(folder);
    try {
      await()
          .atMost(Duration.ofMinutes(3))
          .pollInterval(Duration.ofMillis(5))
          .until(() -> Files.exists(metrics) || !job.process().isAlive());
    } finally {
      job.process().destroyForcibly();
      assertThat(job.process().waitFor(30, TimeUnit.SECONDS)).isTrue();
    }
    assertThat(metrics).exists();
    assertThat(line.generation(generation).resolve("verdict.json")).doesNotExist();
    assertThat(line.promoted().at("/generation").asInt()).isEqualTo(generation - 1);
  }

  private void requireChain() {
    JsonNode promoted = line.promoted();
    assertThat(promoted.at("/generation").asInt()).isEqualTo(5);
    assertThat(promoted.at("/parent").asInt()).isEqualTo(3);
    assertThat(promoted.at("/ancestors").toString()).isEqualTo("[1,2,3]");
    assertThat(promoted.at("/checkpoint").asText())
        .isEqualTo(line.verdict(5).at("/checkpoint").asText());
    assertThat(line.plan(5).at("/sources/0/snapshot/after"))
        .as("the snapshot that the promoted model was trained on, not the one before")
        .isEqualTo(line.plan(3).at("/sources/0/snapshot/version"));
    for (int generation : List.of(2, 3)) {
      assertThat(line.plan(generation).at("/parent_checkpoint").asText())
          .isEqualTo(line.verdict(generation - 1).at("/checkpoint").asText());
    }
  }

  /** What the plans say, what the runs have consumed, and what that is of each token are one. */
  private void requireUses() throws IOException {
    for (int generation : List.of(1, 2, 3, 4, 5)) {
      JsonNode verdict = line.verdict(generation);
      List<JsonNode> uses = List.copyOf(verdict.at("/uses").findParents("sequences"));
      List<Long> sequences = uses.stream().map(use -> use.at("/sequences").asLong()).toList();
      long all = sequences.stream().mapToLong(Long::longValue).sum();
      JsonNode fresh = uses.get(uses.size() - 1);

      assertThat(fresh.at("/generation").asInt()).isEqualTo(generation);
      if (generation == 1) {
        assertThat(uses).as("nothing was there before").hasSize(1);
      } else {
        assertThat(fresh.at("/epochs").asDouble()).as("the new rows once").isEqualTo(1);
        assertThat(all - fresh.at("/sequences").asLong())
            .as("a quarter of old ones, and what fills the last step")
            .isBetween(all / 4, all / 4 + 12);
      }
      int steps = verdict.at("/steps").asInt();
      TrainedRun run = run(generation);
      assertThat(run.manifest(steps).at("/sequences_consumed").asLong()).isEqualTo(all);
      requireEvenUse(run, uses, all);
    }
  }

  /**
   * No token of a part is an input more often than its plan says, and together they are as often.
   */
  private static void requireEvenUse(TrainedRun run, List<JsonNode> uses, long all)
      throws IOException {
    Configuration hadoop = new Configuration();
    var configuration =
        new RunDirectory(new org.apache.hadoop.fs.Path(run.directory().toUri()), hadoop)
            .configuration()
            .orElseThrow();
    int context = configuration.model().context();
    List<Long> tokens = new ArrayList<>();
    for (MixtureSettings part : configuration.tokens()) {
      tokens.add(TokenMixture.manifest(List.of(part), hadoop).tokens(Split.TRAIN));
    }
    List<Long> weights = configuration.tokens().stream().map(MixtureSettings::weight).toList();
    MixtureOrder order = new MixtureOrder(tokens, weights, context, configuration.train().seed());
    List<int[]> inputs = tokens.stream().map(count -> new int[Math.toIntExact(count)]).toList();
    for (long sequence = 0; sequence < all; sequence++) {
      MixtureOrder.Sample sample = order.sample(sequence);
      int first = Math.toIntExact(sample.position());
      IntStream.range(first, first + context).forEach(i -> inputs.get(sample.part())[i]++);
    }
    for (int part = 0; part < uses.size(); part++) {
      JsonNode use = uses.get(part);
      assertThat(Arrays.stream(inputs.get(part)).sum())
          .as(use.toString())
          .isEqualTo(use.at("/sequences").asInt() * context);
      assertThat(Arrays.stream(inputs.get(part)).max().orElseThrow())
          .as(use.toString())
          .isLessThanOrEqualTo((int) Math.ceil(use.at("/epochs").asDouble()));
    }
  }

  private void requireProvenance(String format) {
    RetrainedLine.Result inspection =
        RetrainedLine.run(List.of("inspect", line.directory().toString()));

    assertThat(inspection.code()).isZero();
    assertThat(inspection.output())
        .containsSubsequence(
            "generation 5: promoted, from generation 3",
            "source     " + format,
            "rows       35 documents",
            "tokenizer  byte, SHA-256 " + line.promoted().at("/tokenizer_sha256").asText(),
            "of generation 1, ",
            "nats of the parent on old rows",
            "software   java ",
            "config.yaml",
            "generation 3: promoted, from generation 2",
            "generation 2: promoted, from generation 1",
            "generation 1: promoted, the first",
            "rows       60 documents")
        .doesNotContain("generation 4:");
    assertThat(RetrainedLine.run(List.of("inspect", line.generation(4).toString())).output())
        .startsWith("generation 4: not promoted, from generation 3");
    assertThat(run(5).manifest(line.verdict(5).at("/steps").asInt()).at("/provenance").toString())
        .contains("data.sources[0].version", "\"parent\":", "data.documents");
  }

  private int documents(int generation) throws IOException {
    return TrainedRun.JSON
        .readTree(line.generation(generation).resolve("tokens/manifest.json").toFile())
        .at("/counts/documents")
        .asInt();
  }

  private TrainedRun run(int generation) {
    return new TrainedRun(line.generation(generation).resolve("run"), 0, "", List.of());
  }
}
