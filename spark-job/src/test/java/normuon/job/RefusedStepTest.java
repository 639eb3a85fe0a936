package normuon.job;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.commons.io.FileUtils;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Gradients that are not finite, of a real model: one row of the embedding holds NaN, so that the
 * gradient is NaN in just those steps whose sequences have the row's character.
 */
class RefusedStepTest {

  private static final int START = 5;
  private static final int STEPS = 40;
  private static final String EMBEDDING = "model.embed_tokens.weight";
  // The rows of a character tokenizer are in the order of the characters: space, @, letters.
  private static final int SPACE = 0;
  private static final int RARE = 1;

  @TempDir private static Path folder;
  private static Path text;
  private static Path healthy;

  @BeforeAll
  static void train() throws IOException {
    Path words = TrainedRun.text(folder);
    StringBuilder marked = new StringBuilder(Files.readString(words));
    for (int position = 500; position < 5000; position += 800) {
      marked.setCharAt(position, '@');
    }
    text = Files.writeString(words, marked);
    healthy = train("healthy", "train.ranks=2").requireSucceeded().directory();
  }

  @Test
  void aRunGoesOnAfterStepsWhoseGradientIsNotFinite() throws IOException {
    TrainedRun run = resume("rare", RARE, "train.ranks=2").requireSucceeded();

    List<JsonNode> lines = run.metrics("refused_steps");
    List<Integer> refused = refused(run);
    assertThat(lines).hasSize(STEPS);
    assertThat(refused).hasSizeBetween(2, 12).allSatisfy(step -> assertThat(step > START).isTrue());
    assertThat(lines.get(STEPS - 1).get("refused_steps").asInt()).isEqualTo(refused.size());
    assertThat(lines.get(STEPS - 1).get("tokens").asInt())
        .as("the cursor moves on in refused steps, too")
        .isEqualTo(STEPS * 12 * 16);
    assertThat(lines.get(STEPS - 1).get("newton_schulz_calls").asInt())
        .as("nothing is orthogonalized in a refused step")
        .isEqualTo(14 * (STEPS - refused.size()));
    assertThat(run.manifest(STEPS).at("/refused_steps/total").asInt()).isEqualTo(refused.size());
    assertThat(run.output()).contains("refused: its gradient is not finite");
    assertOnlyThePoisonIsNotFinite(run);
  }

  @Test
  void everyNumberOfRanksRefusesTheSameSteps() throws IOException {
    TrainedRun alone = resume("alone", RARE, "train.ranks=1").requireSucceeded();
    TrainedRun three = resume("three", RARE, "train.ranks=3").requireSucceeded();

    assertThat(refused(three)).isNotEmpty().isEqualTo(refused(alone));
  }

  @Test
  void aResumedRunKeepsCountAndBits() throws IOException {
    TrainedRun first = resume("kept", RARE, "train.ranks=2").requireSucceeded();
    List<String> hashes = first.shardHashes(STEPS);
    JsonNode count = first.manifest(STEPS).get("refused_steps");
    dropCheckpointsAfter(25, first.directory());

    TrainedRun again = train("kept", "train.ranks=2").requireSucceeded();

    assertThat(again.output()).contains("Resuming after step 25 ");
    assertThat(again.shardHashes(STEPS)).isEqualTo(hashes);
    assertThat(again.manifest(STEPS).get("refused_steps")).isEqualTo(count);
  }

  @Test
  void aRunWhoseGradientStaysNotFiniteEnds() throws IOException {
    TrainedRun run = resume("broken", SPACE, "train.ranks=2");

    assertThat(run.code()).isEqualTo(3);
    assertThat(run.errors())
        .singleElement()
        .asString()
        .startsWith("DIVERGED: Invalid gradient of model.")
        .contains("squared norm NaN", "refused steps in a row: 4, more than")
        .contains("optimizer.max_refused_steps 3");
    assertThat(refused(run)).containsExactly(6, 7, 8);
    assertThat(run.status().get("status").asText()).isEqualTo("DIVERGED");
  }

  @Test
  void theBoundMayBeNone() throws IOException {
    TrainedRun run = resume("strict", SPACE, "train.ranks=2", "optimizer.max_refused_steps=0");

    assertThat(run.code()).isEqualTo(3);
    assertThat(run.errors().get(0)).contains("refused steps in a row: 1, more than");
    assertThat(refused(run)).isEmpty();
  }

  @Test
  void aRunThatEndsWithBrokenWeightsHasNotSucceeded() throws IOException {
    TrainedRun run =
        resume(
            "patient",
            SPACE,
            "train.ranks=2",
            "optimizer.max_refused_steps=99",
            "generate.tokens=5");

    assertThat(run.code()).isEqualTo(3);
    assertThat(run.errors().get(0)).startsWith("DIVERGED: Invalid validation loss NaN after step");
    assertThat(run.checkpoint(STEPS).resolve("manifest.json")).doesNotExist();
  }

  /** The healthy run from step 5 on, with a row of the embedding poisoned there. */
  private static TrainedRun resume(String name, int row, String... settings) throws IOException {
    Path directory = folder.resolve(name);
    FileUtils.copyDirectory(healthy.toFile(), directory.toFile());
    dropCheckpointsAfter(START, directory);
    PoisonedCheckpoint.poison(
        directory.resolve("checkpoints").resolve("step-00000005"), EMBEDDING, row);
    return train(name, settings);
  }

  private static void dropCheckpointsAfter(int step, Path directory) throws IOException {
    for (int later = step + 5; later <= STEPS; later += 5) {
      FileUtils.deleteDirectory(
          directory.resolve("checkpoints").resolve(String.format("step-%08d", later)).toFile());
    }
  }

  private static TrainedRun train(String name, String... settings) {
    List<String> all =
        new ArrayList<>(
            List.of("train.steps=" + STEPS, "checkpoint.every_steps=5", "checkpoint.keep_last=0"));
    all.addAll(List.of(settings));
    return TrainedRun.tiny(folder.resolve(name), text, all.toArray(String[]::new));
  }

  private static List<Integer> refused(TrainedRun run) {
    return run.metrics("refused_steps").stream()
        .filter(line -> line.get("loss").isNull())
        .map(line -> line.get("step").asInt())
        .toList();
  }

  private static void assertOnlyThePoisonIsNotFinite(TrainedRun run) throws IOException {
    Map<String, float[]> tensors = WholeTensors.of(run.checkpoint(STEPS));
    tensors.forEach(
        (name, tensor) -> {
          int broken = 0;
          for (float number : tensor) {
            broken += Float.isFinite(number) ? 0 : 1;
          }
          assertThat(broken).as(name).isEqualTo(name.equals(EMBEDDING) ? 1 : 0);
        });
  }
}
