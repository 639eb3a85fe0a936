package normuon.job.train;

import java.util.List;
import normuon.job.checkpoint.CheckpointManifest;
import normuon.job.checkpoint.CheckpointSearch;
import normuon.job.checkpoint.ShardFile;
import org.apache.spark.SparkContext;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.api.java.function.Function;

/** Verifies the shards of a checkpoint as a Spark job with a task per shard. */
final class ShardVerification implements CheckpointSearch.ShardCheck {

  private final SparkContext spark;
  private final String runDirectory;

  ShardVerification(SparkContext spark, String runDirectory) {
    this.spark = spark;
    this.runDirectory = runDirectory;
  }

  @Override
  public List<String> damages(CheckpointManifest manifest) {
    List<ShardFile> shards = manifest.shards();
    return new JavaSparkContext(spark)
        .parallelize(shards, shards.size())
        .map(check(runDirectory, manifest.step()))
        .filter(damage -> !damage.isEmpty())
        .collect();
  }

  private static Function<ShardFile, String> check(String runDirectory, long step) {
    return shard -> RunFiles.of(runDirectory).checkpoints().damage(step, shard).orElse("");
  }
}
