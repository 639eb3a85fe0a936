package normuon.job.retrain;

import normuon.job.data.TokenManifest.Snapshot;
import normuon.job.data.TokenManifest.Source;
import normuon.job.data.TokenManifest.SourceFile;

/** What of a source is read, for people. */
final class SourceText {

  private SourceText() {}

  static String of(Source source) {
    String filter = source.filter().isEmpty() ? "" : ", where " + source.filter();
    return "%s %s, %s%s"
        .formatted(source.format().label(), source.path(), of(source.snapshot()), filter);
  }

  private static String of(Snapshot snapshot) {
    if (snapshot.isEmpty()) {
      return "nothing new";
    }
    if (snapshot.version() == Snapshot.NO_VERSION) {
      long bytes = snapshot.files().stream().mapToLong(SourceFile::bytes).sum();
      return "%,d files, %,d bytes".formatted(snapshot.files().size(), bytes);
    }
    return snapshot.after() == Snapshot.NO_VERSION
        ? "version " + snapshot.version()
        : "versions after %d to %d".formatted(snapshot.after(), snapshot.version());
  }
}
