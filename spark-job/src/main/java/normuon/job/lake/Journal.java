package normuon.job.lake;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import normuon.job.data.JsonFile;
import normuon.job.data.TemporaryFolder;
import normuon.job.data.TokenManifest;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.util.SerializableConfiguration;

/**
 * What of a preparation is done, in a folder beside the token shards, and the tokens that are not
 * yet in shards. Each part is noted by a file of its own once it is complete, by the task that did
 * it; two attempts at one part note the same under two names, and either may be used.
 */
final class Journal implements Serializable {

  /** The name of the folder. */
  static final String NAME = "_preparation";

  private static final long serialVersionUID = 1L;

  private static final String PLAN = "plan.json";
  private static final String BUCKETS = "buckets";
  private static final String SHARDS = "shards";

  private final TemporaryFolder folder;

  Journal(Path directory, SerializableConfiguration configuration) {
    this.folder = new TemporaryFolder(new Path(directory, NAME).toString(), configuration);
  }

  /** What is settled; empty if nothing has begun. */
  Optional<PreparationPlan> plan() throws IOException {
    FileSystem files = folder.files();
    Path file = folder.file(PLAN);
    return files.exists(file)
        ? Optional.of(JsonFile.read(files, file, PreparationPlan.class))
        : Optional.empty();
  }

  /** Notes what is settled. */
  void begin(PreparationPlan plan) throws IOException {
    folder.files().mkdirs(folder.file(BUCKETS));
    folder.files().mkdirs(folder.file(SHARDS));
    JsonFile.write(folder.files(), folder.file(PLAN), plan);
  }

  /** The folder of the tokens that are not in shards yet. */
  TemporaryFolder tokens() {
    return folder;
  }

  /** A new file for tokens; no attempt uses that of another. */
  Path newFile(String kind) {
    return folder.file(kind + "-" + UUID.randomUUID());
  }

  /** Notes a bucket whose tokens are written. */
  void note(BucketRun run) throws IOException {
    write(BUCKETS, run.file(), run);
  }

  /** Notes a shard that is in its place. */
  void note(TokenManifest.Shard shard) throws IOException {
    write(SHARDS, shard.file() + "-" + UUID.randomUUID(), shard);
  }

  /** The buckets that are noted, each once. */
  List<BucketRun> buckets() throws IOException {
    Map<String, BucketRun> runs = new LinkedHashMap<>();
    for (BucketRun run : read(BUCKETS, BucketRun.class)) {
      runs.putIfAbsent(run.bucket(), run);
    }
    return List.copyOf(runs.values());
  }

  /** The shards that are noted, by their names. */
  Map<String, TokenManifest.Shard> shards() throws IOException {
    Map<String, TokenManifest.Shard> shards = new LinkedHashMap<>();
    for (TokenManifest.Shard shard : read(SHARDS, TokenManifest.Shard.class)) {
      shards.put(shard.file(), shard);
    }
    return shards;
  }

  /** Forgets everything. */
  void delete() throws IOException {
    folder.files().delete(folder.file("."), true);
  }

  private void write(String kind, String name, Object value) throws IOException {
    JsonFile.write(folder.files(), new Path(folder.file(kind), name + ".json"), value);
  }

  private <T> List<T> read(String kind, Class<T> type) throws IOException {
    FileSystem files = folder.files();
    List<T> found = new ArrayList<>();
    for (FileStatus file : list(files, folder.file(kind))) {
      // Others begin with a dot: they were being written when something broke off.
      if (!file.getPath().getName().startsWith(".")) {
        found.add(JsonFile.read(files, file.getPath(), type));
      }
    }
    return found;
  }

  private static List<FileStatus> list(FileSystem files, Path path) throws IOException {
    try {
      return Arrays.stream(files.listStatus(path)).sorted().toList();
    } catch (FileNotFoundException nothingNoted) {
      return List.of();
    }
  }
}
