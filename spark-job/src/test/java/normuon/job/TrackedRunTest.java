package normuon.job;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import normuon.job.track.EventFiles;
import normuon.job.track.MlflowServer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Trackers see what the run writes down. */
class TrackedRunTest {

  private static final int STEPS = 6;

  @TempDir private Path folder;

  @Test
  void trackersHaveTheNumbersOfTheRunAndOfItsContinuation() throws IOException {
    try (MlflowServer mlflow = new MlflowServer()) {
      Path text = TrainedRun.text(folder);
      TrainedRun run = train(text, mlflow);
      // A checkpoint without its manifest does not exist, so that the run goes on after step 3.
      Files.delete(run.checkpoint(STEPS).resolve("manifest.json"));
      TrainedRun resumed = train(text, mlflow);

      List<Double> losses =
          resumed.metrics("loss").stream().map(line -> line.get("loss").asDouble()).toList();
      assertThat(losses).hasSize(STEPS);
      List<EventFiles.Event> events = new ArrayList<>();
      for (Path file :
          EventFiles.in(folder.resolve("events").resolve(folder.getFileName()).resolve("run"))) {
        events.addAll(EventFiles.read(file));
      }
      assertThat(events.stream().filter(EventFiles.Event::restart).map(EventFiles.Event::step))
          .containsExactly(1L, 4L);
      assertThat(values(events, "train/loss"))
          .containsExactly(floats(losses, 1, 2, 3, 4, 5, 6, 4, 5, 6));
      assertThat(values(events, "validation/loss")).hasSize(2);
      assertThat(values(events, "momentum_condition/model.layers.0.self_attn.q_proj.weight"))
          .as("of steps 2, 4 and 6, and of the last two again")
          .hasSize(5);

      assertThat(mlflow.bodies("runs/create")).hasSize(1);
      assertThat(mlflow.bodies("runs/update"))
          .extracting(body -> body.get("status").asText())
          .containsExactly("FINISHED", "RUNNING", "FINISHED");
      assertThat(mlflow.logged("metrics"))
          .filteredOn(metric -> metric.get("key").asText().equals("train/loss"))
          .extracting(metric -> metric.get("value").asDouble())
          .containsExactly(doubles(losses, 1, 2, 3, 4, 5, 6, 4, 5, 6));
      assertThat(mlflow.logged("tags"))
          .extracting((JsonNode tag) -> tag.get("key").asText())
          .contains("normuon.tokenizer.sha256", "normuon.pytorch", "normuon.data.path");
    }
  }

  private TrainedRun train(Path text, MlflowServer mlflow) {
    return TrainedRun.tiny(
            folder.resolve("run"),
            text,
            "train.steps=" + STEPS,
            "checkpoint.every_steps=3",
            "report.diagnostics_every_steps=2",
            "report.tensorboard_directory=" + folder.resolve("events"),
            "report.mlflow_tracking_uri=" + mlflow.address())
        .requireSucceeded();
  }

  private static List<Float> values(List<EventFiles.Event> events, String name) {
    return events.stream()
        .filter(event -> event.scalars().containsKey(name))
        .map(event -> event.scalars().get(name))
        .toList();
  }

  private static Float[] floats(List<Double> numbers, int... steps) {
    return List.of(doubles(numbers, steps)).stream().map(Double::floatValue).toArray(Float[]::new);
  }

  private static Double[] doubles(List<Double> numbers, int... steps) {
    Double[] chosen = new Double[steps.length];
    for (int i = 0; i < steps.length; i++) {
      chosen[i] = numbers.get(steps[i] - 1);
    }
    return chosen;
  }
}
