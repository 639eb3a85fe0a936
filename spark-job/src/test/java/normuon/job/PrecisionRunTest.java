package normuon.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs that compute in bfloat16, checkpoint activations or take the loss in chunks. */
class PrecisionRunTest {

  private static final int STEPS = 20;
  private static final String BF16 = "train.precision=bf16";

  @TempDir private Path folder;
  private Path text;

  @BeforeEach
  void writeText() throws IOException {
    text = TrainedRun.text(folder);
  }

  @Test
  void bfloat16LearnsAsFloat32OnAnyRanks() {
    TrainedRun wide = train("wide", 2);
    TrainedRun narrow = train("narrow", 2, BF16);
    TrainedRun alone = train("alone", 1, BF16, "train.micro_batch_sequences=5");

    double expected = last(wide, "validation_loss");
    assertThat(expected).as("of 3.3 at the start").isLessThan(2.9);
    assertThat(last(narrow, "validation_loss"))
        .isNotEqualTo(expected)
        .isCloseTo(expected, within(0.02));
    assertThat(last(alone, "validation_loss")).isCloseTo(expected, within(0.02));
  }

  @Test
  void aResumedRunInBfloat16EndsWithTheBitsOfAnUndisturbedOne() throws IOException {
    String every = "checkpoint.every_steps=10";
    TrainedRun run = train("run", 2, BF16, every);
    List<String> undisturbed = run.shardHashes(STEPS);

    // A checkpoint without its manifest does not exist.
    Files.delete(run.checkpoint(STEPS).resolve("manifest.json"));
    TrainedRun resumed = train("run", 2, BF16, every);

    assertThat(resumed.output()).contains("Resuming after step 10 ");
    assertThat(resumed.shardHashes(STEPS)).isEqualTo(undisturbed);
  }

  @Test
  void checkpointedActivationsLeaveTheSameBits() {
    String blocks = "train.activation_checkpointing=blocks";
    assertThat(train("narrow-blocks", 2, BF16, blocks).shardHashes(STEPS))
        .isEqualTo(train("narrow", 2, BF16).shardHashes(STEPS));
  }

  @Test
  void aLossInChunksIsTheSameUpToRounding() {
    TrainedRun chunked = train("chunked", 2, "train.loss_chunk_tokens=7");
    TrainedRun whole = train("whole", 2);
    assertThat(last(chunked, "validation_loss"))
        .isCloseTo(last(whole, "validation_loss"), within(1e-5));
  }

  private static double last(TrainedRun run, String field) {
    List<JsonNode> lines = run.metrics(field);
    return lines.get(lines.size() - 1).get(field).asDouble();
  }

  private TrainedRun train(String name, int ranks, String... settings) {
    List<String> all = new ArrayList<>(List.of("train.ranks=" + ranks, "train.steps=" + STEPS));
    all.add("generate.tokens=8");
    all.addAll(List.of(settings));
    return TrainedRun.tiny(folder.resolve(name), text, all.toArray(String[]::new))
        .requireSucceeded();
  }
}
