package normuon.job.lake;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import normuon.job.data.ShardFile;
import normuon.job.data.ShardPlan;
import normuon.job.data.TokenManifest.Shard;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.api.java.function.MapFunction;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.SparkSession;

/** Puts shards into their places, but for those that are there already. */
final class ShardWriting {

  private final SparkSession spark;
  private final Journal journal;
  private final Path directory;

  ShardWriting(SparkSession spark, Journal journal, Path directory) {
    this.spark = spark;
    this.journal = journal;
    this.directory = directory;
  }

  /**
   * Writes shards on the executors.
   *
   * @return all shards, in the order of the plans
   */
  List<Shard> write(List<ShardPlan> plans) throws IOException {
    Map<String, Shard> finished = finished();
    List<ShardPlan> open =
        new ArrayList<>(plans.stream().filter(plan -> !finished.containsKey(plan.name())).toList());
    Journal notes = journal;
    String target = directory.toString();
    if (!open.isEmpty()) {
      spark
          .range(0, open.size(), 1, open.size())
          .map(
              (MapFunction<Long, String>)
                  index -> write(open.get(index.intValue()), notes, new Path(target)),
              Encoders.STRING())
          .collectAsList();
    }
    Map<String, Shard> all = journal.shards();
    return plans.stream().map(plan -> all.get(plan.name())).toList();
  }

  /** What is noted and is there in its full size. */
  private Map<String, Shard> finished() throws IOException {
    FileSystem files = journal.tokens().files();
    Map<String, Shard> finished = new LinkedHashMap<>();
    for (Shard shard : journal.shards().values()) {
      Path file = new Path(directory, shard.file());
      if (files.exists(file) && files.getFileStatus(file).getLen() == shard.bytes()) {
        finished.put(shard.file(), shard);
      }
    }
    return finished;
  }

  private static String write(ShardPlan plan, Journal journal, Path directory) throws IOException {
    FileSystem files = journal.tokens().files();
    Path temporary = journal.newFile("shard");
    String sha256 = ShardFile.write(plan, journal.tokens(), temporary);
    Path file = new Path(directory, plan.name());
    // One that is there without a note was put there by an attempt that ended before it.
    files.delete(file, false);
    if (!files.rename(temporary, file)) {
      throw new IOException("Cannot rename " + temporary + " to " + file);
    }
    journal.note(
        new Shard(
            plan.split(),
            plan.name(),
            0,
            plan.header().tokens(),
            plan.header().shardBytes(),
            sha256));
    return plan.name();
  }
}
