package normuon.job.lake;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import normuon.job.config.InvalidConfigurationException;
import normuon.job.config.SourceSettings;
import normuon.job.data.SourceFormat;
import normuon.job.data.TokenManifest.Snapshot;
import normuon.job.data.TokenManifest.Source;
import normuon.job.data.TokenManifest.SourceFile;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.SparkSession;

/** Settles what of each source is read: a version, or the files that are there now. */
final class Snapshots {

  private final SparkSession spark;
  private final SourceListing listing;

  Snapshots(SparkSession spark) {
    this.spark = spark;
    this.listing = new SourceListing(spark.sparkContext().hadoopConfiguration());
  }

  /**
   * Takes the snapshots. A source whose settings name no version keeps the one that is recorded.
   *
   * @param places the keys of the sources
   * @param recorded the sources of a preparation that was begun before; empty if there is none
   * @throws InvalidConfigurationException if a source does not exist or cannot be understood
   */
  List<PinnedSource> pin(List<SourceSettings> settings, List<String> places, List<Source> recorded)
      throws IOException {
    List<PinnedSource> pinned = new ArrayList<>();
    for (int i = 0; i < settings.size(); i++) {
      SourceSettings source = settings.get(i);
      String place = places.get(i);
      Optional<Snapshot> before =
          i < recorded.size() ? Optional.of(recorded.get(i).snapshot()) : Optional.empty();
      pinned.add(
          SourceFailure.whileOpening(
              "%s (%s %s)".formatted(place, label(source), source.location()),
              () -> new PinnedSource(place, source, pin(source, place, before))));
    }
    return pinned;
  }

  /**
   * Checks that the files of sources are still as they were.
   *
   * @throws InvalidConfigurationException for the first that is not
   */
  void requireUnchanged(List<PinnedSource> sources) throws IOException {
    for (PinnedSource pinned : sources) {
      for (SourceFile file : pinned.source().files()) {
        requireUnchanged(file, pinned.place());
      }
    }
  }

  private void requireUnchanged(SourceFile file, String place) throws IOException {
    String change;
    try {
      SourceFile now = listing.file(new Path(file.path()));
      change = now.equals(file) ? "" : "was changed";
    } catch (FileNotFoundException gone) {
      change = "was removed";
    }
    if (!change.isEmpty()) {
      throw new InvalidConfigurationException(
          "Invalid %s: %s %s while it was read; prepare again, from a source that rests"
              .formatted(place, file.path(), change));
    }
  }

  private Source pin(SourceSettings source, String place, Optional<Snapshot> before)
      throws IOException {
    return switch (source.format()) {
      case PARQUET -> files(source, SourceFormat.PARQUET, place);
      case JSON -> files(source, SourceFormat.JSON, place);
      case LINES -> files(source, SourceFormat.LINES, place);
      case DELTA -> delta(source, place, before);
      case ICEBERG -> iceberg(source, place, before);
      case TABLE -> table(source, place, before);
    };
  }

  private Source files(SourceSettings source, SourceFormat format, String place)
      throws IOException {
    Path root = listing.existing(source.path(), place);
    return source(source, format, root.toString(), Snapshot.ofFiles(listing.files(root, place)));
  }

  private Source delta(SourceSettings source, String place, Optional<Snapshot> before)
      throws IOException {
    String location = location(source, place);
    DeltaTable table = DeltaTable.of(spark, location, source.path().isEmpty());
    String identity = table.identity();
    long version = version(source, before).orElseGet(table::newestVersion);
    return source(source, SourceFormat.DELTA, location, Snapshot.ofVersion(identity, version));
  }

  private Source iceberg(SourceSettings source, String place, Optional<Snapshot> before)
      throws IOException {
    String location = location(source, place);
    IcebergTable table = new IcebergTable(spark, location, source.path().isEmpty());
    long snapshot =
        version(source, before)
            .or(table::newestSnapshot)
            .orElseThrow(
                () ->
                    new InvalidConfigurationException(
                        "Invalid %s: the Iceberg table %s has no snapshot"
                            .formatted(place, location)));
    return source(source, SourceFormat.ICEBERG, location, Snapshot.ofVersion("", snapshot));
  }

  private Source table(SourceSettings source, String place, Optional<Snapshot> before)
      throws IOException {
    return switch (provider(source.table())) {
      case "delta" -> delta(source, place, before);
      case "iceberg" -> iceberg(source, place, before);
      default -> filesOfTable(source, place);
    };
  }

  /** How a table is stored; views have no provider. */
  private String provider(String table) {
    return spark
        .sql("DESCRIBE TABLE EXTENDED " + table)
        .where("col_name = 'Provider'")
        .select("data_type")
        .collectAsList()
        .stream()
        .map(row -> row.getString(0).toLowerCase(Locale.ROOT))
        .findFirst()
        .orElse("");
  }

  private Source filesOfTable(SourceSettings source, String place) throws IOException {
    if (source.version() != SourceSettings.NEWEST) {
      throw new InvalidConfigurationException(
          "Invalid %s.version = %d: table %s is neither Delta nor Iceberg and has no versions"
              .formatted(place, source.version(), source.table()));
    }
    List<SourceFile> files = new ArrayList<>();
    for (String file : spark.table(source.table()).inputFiles()) {
      files.add(listing.file(new Path(URI.create(file))));
    }
    if (files.isEmpty()) {
      throw new InvalidConfigurationException(
          "Invalid %s.table = %s: no files are behind it".formatted(place, source.table()));
    }
    files.sort(Comparator.comparing(SourceFile::path));
    return source(source, SourceFormat.TABLE, source.table(), Snapshot.ofFiles(files));
  }

  private String location(SourceSettings source, String place) throws IOException {
    return source.path().isEmpty()
        ? source.table()
        : listing.existing(source.path(), place).toString();
  }

  private static Optional<Long> version(SourceSettings source, Optional<Snapshot> before) {
    return source.version() == SourceSettings.NEWEST
        ? before.map(Snapshot::version).filter(version -> version != Snapshot.NO_VERSION)
        : Optional.of(source.version());
  }

  private static Source source(
      SourceSettings settings, SourceFormat format, String location, Snapshot snapshot) {
    return new Source(
        location, format, settings.textColumn(), settings.keyColumn(), settings.filter(), snapshot);
  }

  private static String label(SourceSettings source) {
    return source.format().name().toLowerCase(Locale.ROOT);
  }
}
