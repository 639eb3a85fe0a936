package normuon.job;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import normuon.job.checkpoint.CheckpointInspection;
import normuon.job.checkpoint.CheckpointManifest;
import normuon.job.checkpoint.CheckpointReader;
import normuon.job.checkpoint.CheckpointReport;
import normuon.job.checkpoint.CheckpointStore;
import normuon.job.checkpoint.CheckpointTensor;
import normuon.job.checkpoint.StoredTensor;
import normuon.optimizer.shard.RowShard;
import normuon.torch.TorchRuntime;
import org.apache.commons.io.FileUtils;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Reads the checkpoints of earlier formats that lie in the test resources. */
class CheckpointFormatTest {

  static final Path RESOURCES = Path.of("src", "test", "resources", "checkpoints");

  private static final int STEP = 2;

  @TempDir private Path folder;

  @ParameterizedTest
  @ValueSource(strings = "format-2")
  void everyTensorHasItsValues(String format) throws IOException {
    Path run = RESOURCES.resolve(format);
    FileSystem files = FileSystem.getLocal(new Configuration()).getRaw();
    CheckpointStore store =
        new CheckpointStore(
            files, new org.apache.hadoop.fs.Path(run.resolve("checkpoints").toUri()));
    CheckpointManifest manifest = store.read(STEP);
    List<String> expected = Files.readAllLines(run.resolve("tensors.csv"));

    assertThat(manifest.ranks()).isEqualTo(2);
    assertThat(manifest.sequencesConsumed()).isEqualTo(4);
    try (NDManager manager = TorchRuntime.newManager();
        CheckpointReader reader = CheckpointReader.open(files, store.folder(STEP), manifest)) {
      for (String line : expected) {
        String[] fields = line.split(",");
        long[] shape = Arrays.stream(fields[1].split("x")).mapToLong(Long::parseLong).toArray();
        NDArray array = manager.zeros(new Shape(shape));
        RowShard rows = new RowShard(0, shape[0]);
        reader.read(List.of(new CheckpointTensor(fields[0], shape[0], rows, array, 0)));
        float[] values = array.toFloatArray();
        assertThat(values[0]).as(fields[0]).isEqualTo((float) Double.parseDouble(fields[2]));
        assertThat(values[values.length - 1])
            .as(fields[0])
            .isEqualTo((float) Double.parseDouble(fields[3]));
        assertThat(sum(values))
            .as(fields[0])
            .isCloseTo(Double.parseDouble(fields[4]), Offset.offset(1e-12));
      }
    }
    CheckpointReport report = inspect(files, store);
    assertThat(report.state()).as("%s", report.damages()).isEqualTo(CheckpointReport.State.WHOLE);
    assertThat(report.tensors())
        .extracting(StoredTensor::name)
        .as("there is none that was not read")
        .isEqualTo(expected.stream().map(line -> line.split(",")[0]).toList());
  }

  @Test
  void aRunGoesOnFromThere() throws IOException {
    FileUtils.copyDirectory(RESOURCES.resolve("format-2").toFile(), folder.toFile());

    TrainedRun run =
        TrainedRun.train(
                folder,
                List.of(
                    "data.validation_fraction=0.01",
                    "model.layers=1",
                    "model.width=4",
                    "model.heads=1",
                    "model.mlp_width=5",
                    "model.context=8",
                    "train.steps=4",
                    "train.sequences_per_step=2",
                    "train.ranks=1",
                    "optimizer.schedule.warmup_steps=1",
                    "optimizer.momentum_schedule.lowest=0.85",
                    "optimizer.momentum_schedule.warmup_steps=0",
                    "optimizer.momentum_schedule.cooldown_steps=0",
                    "evaluate.every_steps=0",
                    "generate.tokens=0"))
            .requireSucceeded();

    assertThat(run.output()).contains("Resuming after step 2 ");
    assertThat(run.manifest(4).get("ranks").asInt()).isEqualTo(1);
    assertThat(run.metrics("loss"))
        .extracting(line -> line.get("loss").asDouble())
        .as("steps 3 and 4 as the run that wrote it made them")
        .zipSatisfy(
            List.of(3.9417659044265747, 3.929598093032837),
            (loss, expected) -> assertThat(loss).isCloseTo(expected, Offset.offset(1e-4)));
  }

  private static CheckpointReport inspect(FileSystem files, CheckpointStore store) {
    return CheckpointInspection.ofEveryByte(files).inspect(store.folder(STEP)).get(0);
  }

  private static double sum(float[] values) {
    double sum = 0;
    for (float value : values) {
      sum += value;
    }
    return sum;
  }
}
