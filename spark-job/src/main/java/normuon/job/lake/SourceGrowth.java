package normuon.job.lake;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import normuon.job.config.InvalidConfigurationException;
import normuon.job.config.SourceSettings;
import normuon.job.data.SourceFormat;
import normuon.job.data.TokenManifest.Snapshot;
import normuon.job.data.TokenManifest.Source;
import normuon.job.data.TokenManifest.SourceFile;
import org.apache.spark.sql.SparkSession;

/** What came to sources since they were read: rows of later versions, or files that are new. */
public final class SourceGrowth {

  private final SparkSession spark;

  /** Creates the view of sources that a session can read. */
  public SourceGrowth(SparkSession spark) {
    this.spark = spark;
  }

  /** All of the sources as they are now. */
  public List<Source> everything(List<SourceSettings> settings) throws IOException {
    return pin(settings).stream().map(PinnedSource::source).toList();
  }

  /**
   * What came since.
   *
   * @param read what was read of each source
   * @return for each source a snapshot {@code after} what was read, or of the files that are new;
   *     empty where nothing came
   * @throws InvalidConfigurationException if anything but rows or files was added; says what
   */
  public List<Source> since(List<SourceSettings> settings, List<Source> read) throws IOException {
    List<Source> growth = new ArrayList<>();
    for (PinnedSource now : pin(settings)) {
      Source before = read.get(growth.size());
      growth.add(
          SourceFailure.whileOpening(
              "%s (%s)".formatted(now.place(), now.source().path()), () -> since(now, before)));
    }
    return growth;
  }

  /** What was read, with what came since. */
  public static Source together(Source read, Source growth) {
    List<SourceFile> files = Stream.concat(read.files().stream(), growth.files().stream()).toList();
    String table = read.snapshot().table();
    long version = growth.snapshot().version();
    return with(read, new Snapshot(table, version, Snapshot.NO_VERSION, files));
  }

  /** The number of rows, with those that are no documents. */
  public long rows(List<SourceSettings> settings, List<Source> sources) throws IOException {
    long rows = 0;
    for (int i = 0; i < sources.size(); i++) {
      if (!sources.get(i).snapshot().isEmpty()) {
        PinnedSource source =
            new PinnedSource(LakeRequest.place(i), settings.get(i), sources.get(i));
        rows += SourceFailure.whileReading(() -> SourceTable.open(spark, source).rows().count());
      }
    }
    return rows;
  }

  private List<PinnedSource> pin(List<SourceSettings> settings) throws IOException {
    List<PinnedSource> now =
        new Snapshots(spark).pin(settings, LakeRequest.places(settings.size()), List.of());
    now.forEach(SourceGrowth::requireKnownGrowth);
    return now;
  }

  /** Of a table of files nobody knows which of them a row came from. */
  private static void requireKnownGrowth(PinnedSource source) {
    if (source.source().format() == SourceFormat.TABLE) {
      throw new InvalidConfigurationException(
          "Cannot retrain on %s: table %s is neither Delta nor Iceberg; name its files by their path"
              .formatted(source.place(), source.source().path()));
    }
  }

  private Source since(PinnedSource now, Source read) {
    return with(
        now.source(),
        now.source().snapshot().version() == Snapshot.NO_VERSION
            ? newFiles(now, read)
            : newVersions(now, read.snapshot()));
  }

  private Snapshot newVersions(PinnedSource now, Snapshot before) {
    Source source = now.source();
    Snapshot newest = source.snapshot();
    if (!newest.table().equals(before.table())) {
      throw new InvalidConfigurationException(
          "Cannot retrain on what was added to %s: %s is another table than the one that was read; train a line anew"
              .formatted(now.place(), source.path()));
    }
    boolean isNamed = now.settings().path().isEmpty();
    if (newest.version() != before.version()) {
      // To be refused now, if it must be.
      if (source.format() == SourceFormat.DELTA) {
        DeltaTable.of(spark, source.path(), isNamed)
            .added(before.version(), newest.version(), now.place());
      } else {
        new IcebergTable(spark, source.path(), isNamed)
            .added(before.version(), newest.version(), now.place());
      }
    }
    return new Snapshot(newest.table(), newest.version(), before.version(), List.of());
  }

  private static Snapshot newFiles(PinnedSource now, Source read) {
    Map<String, SourceFile> known =
        read.files().stream().collect(Collectors.toMap(SourceFile::path, Function.identity()));
    List<SourceFile> added = new ArrayList<>();
    for (SourceFile file : now.source().files()) {
      SourceFile before = known.remove(file.path());
      if (before == null) {
        added.add(file);
      } else if (!before.equals(file)) {
        throw changed(now, file, "was changed after it was read");
      }
    }
    if (!known.isEmpty()) {
      throw changed(now, known.values().iterator().next(), "was read and is gone");
    }
    return Snapshot.ofFiles(added);
  }

  private static InvalidConfigurationException changed(
      PinnedSource source, SourceFile file, String change) {
    return new InvalidConfigurationException(
        "Cannot retrain on what was added to %s: %s %s; train a line anew"
            .formatted(source.place(), file.path(), change));
  }

  private static Source with(Source source, Snapshot snapshot) {
    return new Source(
        source.path(),
        source.format(),
        source.textColumn(),
        source.keyColumn(),
        source.filter(),
        snapshot);
  }
}
