package normuon.job;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs that start from the checkpoint of another run. */
class InitialCheckpointTest {

  private static final double BETA1 = 0.8;
  private static final double BETA2 = 0.9;
  private static final double MOMENTUM = 0.9;
  private static final double LEARNING_RATE = 0.002;
  private static final int STEPS = 6;

  @TempDir private static Path folder;

  private static Path text;

  @BeforeAll
  static void write() throws IOException {
    text = TrainedRun.text(folder);
  }

  @Test
  void adamWGoesOnWithItsMomentsAndItsCountOfUpdates() throws IOException {
    String adamW = "optimizer.name=adamw";
    TrainedRun first = train("first", adamW, "train.steps=" + STEPS);
    TrainedRun second = train("second", adamW, from(first), state("weights_and_optimizer"));
    TrainedRun fresh = train("fresh", adamW, from(first));

    Map<String, float[]> before = WholeTensors.of(first.checkpoint(STEPS));
    Map<String, float[]> inherited = WholeTensors.of(second.checkpoint(1));
    Map<String, float[]> anew = WholeTensors.of(fresh.checkpoint(1));
    for (String name : List.of("lm_head.weight", "model.layers.1.mlp.down_proj.weight")) {
      assertAdds(before, inherited, anew, name + ".exp_avg", BETA1);
      assertAdds(before, inherited, anew, name + ".exp_avg_sq", BETA2);
      assertAdamWStep(before, inherited, name, STEPS + 1);
      assertAdamWStep(before, anew, name, 1);
    }
    assertThat(second.manifest(1).get("inherited_updates").asInt()).isEqualTo(STEPS);
    assertThat(fresh.manifest(1).get("inherited_updates").asInt()).isZero();
  }

  @Test
  void norMuonGoesOnWithItsMomentum() throws IOException {
    String decay = "optimizer.momentum=" + MOMENTUM;
    TrainedRun first = train("origin", decay, "train.steps=" + STEPS);
    TrainedRun second = train("inherited", decay, from(first), state("weights_and_optimizer"));
    TrainedRun fresh = train("anew", decay, from(first), "train.ranks=3");

    assertAdds(
        WholeTensors.of(first.checkpoint(STEPS)),
        WholeTensors.of(second.checkpoint(1)),
        WholeTensors.of(fresh.checkpoint(1)),
        "model.layers.1.mlp.down_proj.weight.momentum",
        MOMENTUM);
    // One number for the chain: what the first run made, and then the second.
    TrainedRun third =
        train(
            "third",
            decay,
            "initialization.checkpoint=" + second.checkpoint(1),
            state("weights_and_optimizer"));
    assertThat(third.manifest(1).get("inherited_updates").asInt()).isEqualTo(STEPS + 1);
  }

  @Test
  void refusesWhatItCannotStartFrom() throws IOException {
    TrainedRun first = train("whole");
    String missing = folder.resolve("whole/checkpoints/step-00000009").toString();

    assertRefused(
        start("initialization.checkpoint=" + missing),
        "Invalid initialization.checkpoint " + missing + ": must be the folder of a whole");
    assertRefused(
        start(from(first), "model.mlp_width=44"),
        "model.mlp_width is 43 there and 44 here; must be equal");
    assertRefused(
        start(from(first), "optimizer.name=adamw", state("weights_and_optimizer")),
        "optimizer.name is normuon there and adamw here; must be equal");
    assertRefused(
        start(
            from(first), "data.tokenizer=byte", "data.tokens_directory=" + folder.resolve("bytes")),
        "its tokenizer (char, SHA-256 ");

    Path shard = first.checkpoint(1).resolve(first.manifest(1).at("/shards/0/file").asText());
    byte[] bytes = Files.readAllBytes(shard);
    bytes[bytes.length - 1] ^= 1;
    Files.write(shard, bytes);
    assertRefused(start(from(first)), "it is damaged: " + shard.getFileName());
  }

  private static void assertRefused(TrainedRun run, String reason) {
    assertThat(run.code()).isEqualTo(2);
    assertThat(run.errors()).singleElement().asString().contains(reason);
  }

  /** What began with a mean has that much more of it, by the same gradient, than what did not. */
  private static void assertAdds(
      Map<String, float[]> before,
      Map<String, float[]> inherited,
      Map<String, float[]> anew,
      String tensor,
      double decay) {
    float[] sum = anew.get(tensor).clone();
    for (int i = 0; i < sum.length; i++) {
      sum[i] += (float) (decay * before.get(tensor)[i]);
    }
    assertThat(WholeTensors.relativeDistance(inherited.get(tensor), sum)).isLessThan(1e-5);
    assertThat(WholeTensors.relativeDistance(anew.get(tensor), sum)).isGreaterThan(1e-2);
  }

  /** W − η m̂ / (√v̂ + ε), with m̂ and v̂ of the given update. */
  private static void assertAdamWStep(
      Map<String, float[]> before, Map<String, float[]> after, String name, int update) {
    float[] expected = before.get(name).clone();
    for (int i = 0; i < expected.length; i++) {
      double mean = after.get(name + ".exp_avg")[i] / (1 - Math.pow(BETA1, update));
      double square = after.get(name + ".exp_avg_sq")[i] / (1 - Math.pow(BETA2, update));
      expected[i] -= (float) (LEARNING_RATE * mean / (Math.sqrt(square) + 1e-8));
    }
    assertThat(WholeTensors.relativeDistance(after.get(name), expected)).isLessThan(1e-6);
  }

  private static String from(TrainedRun run) {
    return "initialization.checkpoint=" + run.checkpoint(run.metrics("step_ms").size());
  }

  private static String state(String state) {
    return "initialization.state=" + state;
  }

  private static TrainedRun start(String... settings) {
    return run("refused", settings);
  }

  private static TrainedRun train(String name, String... settings) {
    return run(name, settings).requireSucceeded();
  }

  private static TrainedRun run(String name, String... settings) {
    List<String> all =
        new ArrayList<>(
            List.of(
                "train.ranks=2",
                "train.steps=1",
                "optimizer.schedule.name=constant",
                "optimizer.schedule.warmup_steps=0",
                "optimizer.adamw.learning_rate=" + LEARNING_RATE,
                "optimizer.adamw.weight_decay=0",
                "optimizer.adamw.beta1=" + BETA1,
                "optimizer.adamw.beta2=" + BETA2,
                "optimizer.adamw.epsilon=1e-8"));
    all.addAll(List.of(settings));
    return TrainedRun.tiny(folder.resolve(name), text, all.toArray(String[]::new));
  }
}
