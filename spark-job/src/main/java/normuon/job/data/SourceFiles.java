package normuon.job.data;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.function.Predicate;
import normuon.job.config.InvalidConfigurationException;
import normuon.job.data.TokenManifest.Source;
import normuon.job.data.TokenManifest.SourceFile;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/** Finds the files that {@code data.path} names. Files that begin with "." or "_" are no data. */
final class SourceFiles {

  /** The values of {@code data.format}. */
  private static final List<String> FORMATS = List.of("auto", "text", "parquet", "tokens");

  private static final String ALLOWED =
      "must be a text file, a folder of text files, a Parquet folder, token shards or 'sample'";

  private final PreparationRequest request;
  private final FileSystem files;
  private final FileStatus root;

  private SourceFiles(PreparationRequest request, FileSystem files, FileStatus root) {
    this.request = request;
    this.files = files;
    this.root = root;
  }

  /**
   * The source that a request names.
   *
   * @throws InvalidConfigurationException if there is no such file or folder, or no text in it
   */
  static Source find(PreparationRequest request, Configuration configuration) throws IOException {
    if (!FORMATS.contains(request.format())) {
      throw new InvalidConfigurationException(
          "Invalid data.format = '%s': must be one of %s".formatted(request.format(), FORMATS));
    }
    if (request.path().isBlank()) {
      throw new InvalidConfigurationException("Invalid data.path = '': " + ALLOWED);
    }
    Path path = new Path(request.path());
    FileSystem files = Storage.of(path, configuration);
    if (!files.exists(path)) {
      throw new InvalidConfigurationException(
          "data.path = %s does not exist: %s".formatted(request.path(), ALLOWED));
    }
    SourceFiles source = new SourceFiles(request, files, files.getFileStatus(path));
    return switch (source.format()) {
      case PARQUET -> source.parquet();
      case TOKENS -> source.tokens();
      default -> source.text();
    };
  }

  private SourceFormat format() throws IOException {
    if (!request.format().equals("auto")) {
      return SourceFormat.valueOf(request.format().toUpperCase(Locale.ROOT));
    }
    if (has(SourceFiles::isNamedParquet)) {
      return SourceFormat.PARQUET;
    }
    return has(SourceFiles::isNamedTokens) ? SourceFormat.TOKENS : SourceFormat.TEXT;
  }

  private boolean has(Predicate<FileStatus> wanted) throws IOException {
    return root.isFile() ? wanted.test(root) : !list(wanted).isEmpty();
  }

  /** Folders in the folder are read too: they are the partitions of a table. */
  private Source parquet() throws IOException {
    if (root.isDirectory() && files.exists(new Path(root.getPath(), "_delta_log"))) {
      throw new InvalidConfigurationException(
          "Cannot read data.path = %s as Parquet: it is a Delta table, some of whose files may be"
                  .formatted(request.path())
              + " deleted rows; "
              + ALLOWED);
    }
    List<SourceFile> found = checked(list(SourceFiles::isNamedParquet), "*.parquet files");
    return Source.ofFiles(location(), SourceFormat.PARQUET, request.textColumn(), found);
  }

  private Source tokens() throws IOException {
    List<SourceFile> found = checked(list(SourceFiles::isNamedTokens), "*.bin files");
    return Source.ofFiles(location(), SourceFormat.TOKENS, "", found);
  }

  private Source text() throws IOException {
    List<SourceFile> found =
        checked(list(file -> file.getPath().getParent().equals(root.getPath())), "text files");
    return Source.ofFiles(location(), SourceFormat.TEXT, "", found);
  }

  private List<SourceFile> checked(List<SourceFile> found, String kind) {
    if (found.isEmpty()) {
      throw new InvalidConfigurationException(
          "Invalid data.path = %s: the folder has no %s".formatted(request.path(), kind));
    }
    if (found.stream().allMatch(file -> file.bytes() == 0)) {
      throw new InvalidConfigurationException(
          "Invalid data.path = %s: %s; must hold text"
              .formatted(request.path(), root.isFile() ? "it is empty" : "its files are empty"));
    }
    return found;
  }

  private String location() {
    return files.makeQualified(root.getPath()).toString();
  }

  /** The file itself, or the files of the folder that are wanted, in the order of their paths. */
  private List<SourceFile> list(Predicate<FileStatus> wanted) throws IOException {
    List<FileStatus> found = new ArrayList<>();
    if (root.isFile()) {
      found.add(root);
    } else {
      collect(root.getPath(), wanted, found);
    }
    return found.stream()
        .map(file -> new SourceFile(qualified(file), file.getLen(), file.getModificationTime()))
        .sorted(Comparator.comparing(SourceFile::path))
        .toList();
  }

  private void collect(Path folder, Predicate<FileStatus> wanted, List<FileStatus> found)
      throws IOException {
    for (FileStatus entry : files.listStatus(folder)) {
      String name = entry.getPath().getName();
      if (name.startsWith(".") || name.startsWith("_")) {
        continue;
      }
      if (entry.isDirectory()) {
        collect(entry.getPath(), wanted, found);
      } else if (wanted.test(entry)) {
        found.add(entry);
      }
    }
  }

  private String qualified(FileStatus file) {
    return files.makeQualified(file.getPath()).toString();
  }

  private static boolean isNamedTokens(FileStatus file) {
    return file.isFile() && file.getPath().getName().endsWith(".bin");
  }

  private static boolean isNamedParquet(FileStatus file) {
    return file.isFile() && file.getPath().getName().endsWith(".parquet");
  }
}
