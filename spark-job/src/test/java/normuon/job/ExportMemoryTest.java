package normuon.job;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.Optional;
import normuon.job.checkpoint.HadoopFolder;
import normuon.job.export.ModelExport;
import normuon.model.Gpt;
import normuon.model.hub.HubModel;
import normuon.model.hub.WeightType;
import normuon.optimizer.shard.RowShard;
import normuon.torch.ParameterSpec;
import normuon.torch.RowPieces;
import normuon.torch.TorchRuntime;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A model whose ranks hold rows of it leaves them, and comes to them again, without a process that
 * holds more than a tenth of it beside the pieces under way. Counted is all that the thread
 * allocates, whether it lives long or not.
 */
class ExportMemoryTest {

  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
  private static final int RANKS = 2;

  /** Pieces at a time: of a tensor's rows, rounded, and on their way from a file and to one. */
  private static final int PIECES = 4;

  /** 25 million weights. */
  private static final String[] LARGE = {
    "model.layers=8",
    "model.width=512",
    "model.heads=8",
    "model.key_value_heads=8",
    "model.mlp_width=1368",
    "train.ranks=" + RANKS,
    "train.steps=1",
    "train.sequences_per_step=2",
    "communication.bucket_bytes=4194304",
    "weights.layout=sharded"
  };

  @TempDir private static Path folder;

  private static TrainedRun run;

  @BeforeAll
  static void train() throws IOException {
    run = TrainedRun.tiny(folder.resolve("run"), TrainedRun.text(folder), LARGE).requireSucceeded();
  }

  @ParameterizedTest
  @EnumSource(WeightType.class)
  void exportStreams(WeightType type) {
    long before = THREADS.getCurrentThreadAllocatedBytes();
    new ModelExport(type, Long.MAX_VALUE, new Configuration())
        .run(run.directory().toString(), Optional.of(folder.resolve("of " + type).toString()));
    long allocated = THREADS.getCurrentThreadAllocatedBytes() - before;

    assertThat(allocated).isLessThan(weightBytes() / 10 + PIECES * RowPieces.BYTES);
  }

  @Test
  void rowsOfARankAreReadByThemselves() throws IOException {
    Path exported = folder.resolve("exported");
    ExportedModels.export(run.directory(), "--output", exported.toString()).requireSucceeded();
    FileSystem files = FileSystem.getLocal(new Configuration());
    long before = THREADS.getCurrentThreadAllocatedBytes();
    long read = 0;
    try (HubModel stored =
        HubModel.open(
            new HadoopFolder(files, new org.apache.hadoop.fs.Path(exported.toString())))) {
      for (ParameterSpec parameter : Gpt.specs(stored.configuration())) {
        RowShard rows = RowShard.of(parameter.rows(), RANKS, 0);
        try (NDManager manager = TorchRuntime.newManager()) {
          NDArray array = manager.zeros(new Shape(rows.rows(), parameter.columns()));
          stored.read(parameter, rows.start(), rows.end(), array);
          read += array.size() * Float.BYTES;
        }
      }
    }
    long allocated = THREADS.getCurrentThreadAllocatedBytes() - before;

    assertThat(read).isBetween(weightBytes() / 2, weightBytes() * 11 / 20);
    assertThat(allocated).isLessThan(weightBytes() / 10);
  }

  private static long weightBytes() {
    return 25_000_000L * Float.BYTES;
  }
}
