package normuon.job.train;

import java.util.List;
import normuon.job.checkpoint.CheckpointManifest;
import normuon.job.checkpoint.CheckpointSearch;
import normuon.job.checkpoint.CheckpointStore;
import normuon.job.checkpoint.ShardFile;
import normuon.job.checkpoint.ShardVerifier;
import org.apache.hadoop.fs.Path;
import org.apache.spark.SparkContext;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.api.java.function.Function;

/** Verifies the shards of a checkpoint as a Spark job with a task per shard. */
final class ShardVerification {

  private final SparkContext spark;

  ShardVerification(SparkContext spark) {
    this.spark = spark;
  }

  /** The check of a run's own checkpoints. */
  CheckpointSearch.ShardCheck of(CheckpointStore store) {
    return manifest -> damages(store.folder(manifest.step()), manifest);
  }

  /**
   * What is wrong with the shards of a checkpoint; empty if nothing is.
   *
   * @param folder its folder, fully qualified
   */
  List<String> damages(Path folder, CheckpointManifest manifest) {
    List<ShardFile> shards = manifest.shards();
    return new JavaSparkContext(spark)
        .parallelize(shards, shards.size())
        .map(check(folder.toString()))
        .filter(damage -> !damage.isEmpty())
        .collect();
  }

  private static Function<ShardFile, String> check(String folder) {
    return shard -> {
      RunFiles files = RunFiles.of(folder);
      return ShardVerifier.damage(files.fileSystem(), files.directory(), shard).orElse("");
    };
  }
}
