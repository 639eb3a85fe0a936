package normuon.job;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.commons.io.FileUtils;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InspectCommandTest {

  private static final String SHARD = "rank-00001-of-00002.safetensors";

  @TempDir private Path folder;
  private Path checkpoint;

  private final ByteArrayOutputStream output = new ByteArrayOutputStream();
  private final ByteArrayOutputStream errors = new ByteArrayOutputStream();

  @BeforeEach
  void copy() throws IOException {
    FileUtils.copyDirectory(
        CheckpointFormatTest.RESOURCES.resolve("format-2").toFile(), folder.toFile());
    checkpoint = folder.resolve("checkpoints").resolve("step-00000002");
  }

  @Test
  void aCheckpointIsToldInFull() {
    assertThat(inspect(checkpoint.toString())).isZero();

    assertThat(output())
        .startsWith("step-00000002: whole\n")
        .contains("step 2, 4 sequences, 32 tokens, 0 refused steps, 2 ranks, 15,776 bytes")
        .contains("  " + SHARD + "  7,908 bytes\n")
        .contains("  model.embed_tokens.weight F32[51, 4]\n")
        .contains("  model.layers.0.mlp.down_proj.weight.second_moment F32[4]\n")
        .contains("  optimizer.schedule.warmup_steps: 1\n")
        .contains("  pytorch: 2.7.1\n");
    assertThat(errors()).isEmpty();
  }

  @Test
  void eachCheckpointOfARunDirectoryIsNamedWithItsDamage() throws IOException {
    Path later = checkpoint.resolveSibling("step-00000003");
    FileUtils.copyDirectory(checkpoint.toFile(), later.toFile());
    Files.createDirectory(checkpoint.resolveSibling("step-00000004"));

    assertThat(inspect(folder.toString())).isEqualTo(1);
    assertThat(output())
        .contains("step-00000002: whole\n  step 2, ")
        .contains("step-00000003: damaged\n  Invalid step 2 in manifest.json")
        .contains("step-00000004: unfinished\n  manifest.json does not exist")
        .doesNotContain("tensors:");
  }

  @Test
  void aFlippedBitIsFoundUnlessOnlyHeadersAreRead() throws IOException {
    Path shard = checkpoint.resolve(SHARD);
    byte[] bytes = Files.readAllBytes(shard);
    bytes[bytes.length - 1] ^= 1;
    Files.write(shard, bytes);

    assertThat(inspect(checkpoint.toString(), "--no-verify")).isZero();
    assertThat(output()).startsWith("step-00000002: whole, as far as its headers say\n");
    assertThat(inspect(checkpoint.toString())).isEqualTo(1);
    assertThat(output()).contains("step-00000002: damaged\n  " + SHARD + ": its SHA-256 is ");
  }

  @Test
  void damageShowsInHeadersToo() throws IOException {
    Files.delete(checkpoint.resolve(SHARD));

    assertThat(inspect(checkpoint.toString(), "--no-verify")).isEqualTo(1);
    assertThat(output()).contains("  " + SHARD + " does not exist\n");
  }

  @Test
  void whatWasCommittedAndIsGoneIsNamed() throws IOException {
    Files.writeString(checkpoint.resolveSibling("latest"), "step-00000004\n");

    assertThat(inspect(folder.toString())).isEqualTo(1);
    assertThat(output()).contains("step-00000004: damaged\n  manifest.json does not exist\n");
  }

  @Test
  void jsonHoldsAll() throws IOException {
    assertThat(inspect(folder.toString(), "--json")).isZero();

    JsonNode report = TrainedRun.JSON.readTree(output()).get(0);
    assertThat(report.get("state").asText()).isEqualTo("WHOLE");
    assertThat(report.at("/manifest/shards/1/bytes").asInt()).isEqualTo(7908);
    assertThat(report.at("/manifest/configuration/model/width").asInt()).isEqualTo(4);
    assertThat(report.at("/tensors/0/name").asText()).isEqualTo("lm_head.weight");
    assertThat(report.at("/tensors/0/shape").toString()).isEqualTo("[51,4]");
  }

  @Test
  void whereThereIsNoCheckpointThatIsSaid() throws IOException {
    FileUtils.deleteDirectory(checkpoint.toFile());
    assertThat(inspect(folder.toString())).isEqualTo(2);
    assertThat(inspect(folder.resolve("no such folder").toString())).isEqualTo(2);

    assertThat(errors().lines())
        .satisfiesExactly(
            line -> assertThat(line).endsWith(": it holds no checkpoint"),
            line -> assertThat(line).endsWith("no such folder does not exist"));
  }

  private int inspect(String... arguments) {
    String[] all = new String[arguments.length + 1];
    all[0] = "inspect";
    System.arraycopy(arguments, 0, all, 1, arguments.length);
    return Main.run(
        new PrintStream(output, true, StandardCharsets.UTF_8),
        new PrintStream(errors, true, StandardCharsets.UTF_8),
        all);
  }

  private String output() {
    return output.toString(StandardCharsets.UTF_8);
  }

  private String errors() {
    return errors.toString(StandardCharsets.UTF_8);
  }
}
