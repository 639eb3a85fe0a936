package normuon.job.data;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.api.java.function.MapFunction;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/**
 * Makes shards of equal size out of the runs that tasks have tokenized, so that the shards depend
 * on the text alone and not on how it was divided among tasks. A second pass over the tokens is
 * needed in any case: the header of a shard says how many there are, and Hadoop's file systems only
 * append.
 */
final class ShardAssembly {

  private static final StructType WRITTEN =
      new StructType().add("file", DataTypes.StringType).add("sha256", DataTypes.StringType);

  private final SparkSession spark;
  private final TemporaryFolder folder;

  ShardAssembly(SparkSession spark, TemporaryFolder folder) {
    this.spark = spark;
    this.folder = folder;
  }

  /**
   * Writes shards on the executors and moves them into a directory.
   *
   * @param plans the shards
   * @param directory where the shards go
   * @return the shards as the manifest lists them
   */
  List<TokenManifest.Shard> assemble(List<ShardPlan> plans, Path directory) throws IOException {
    List<ShardPlan> work = List.copyOf(plans);
    TemporaryFolder source = folder;
    List<Row> written =
        spark
            .range(0, work.size(), 1, work.size())
            .map(
                (MapFunction<Long, Row>) index -> write(work.get(index.intValue()), source),
                Encoders.row(WRITTEN))
            .collectAsList();
    FileSystem files = folder.files();
    List<TokenManifest.Shard> shards = new ArrayList<>();
    for (int i = 0; i < work.size(); i++) {
      ShardPlan plan = work.get(i);
      ShardHeader header = plan.header();
      String sha256 = written.get(i).getString(1);
      Path file = new Path(directory, plan.name());
      Storage.rename(files, folder.file(written.get(i).getString(0)), file);
      shards.add(
          new TokenManifest.Shard(
              plan.split(), plan.name(), 0, header.tokens(), header.shardBytes(), sha256));
    }
    return shards;
  }

  private static Row write(ShardPlan plan, TemporaryFolder folder) throws IOException {
    Path file = folder.newFile("shard", 0);
    return RowFactory.create(file.getName(), ShardFile.write(plan, folder, file));
  }
}
