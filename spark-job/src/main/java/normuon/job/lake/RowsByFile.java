package normuon.job.lake;

import static org.apache.spark.sql.functions.col;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/** Tells by the files of a table which rows came to it, as no file is ever written twice. */
final class RowsByFile {

  private static final String FILE = "file";

  private RowsByFile() {}

  /**
   * The files that an earlier state of the table did not have.
   *
   * @param before the earlier state
   * @param now the later one
   * @param fileColumn the hidden column that names the file of a row
   * @return empty if a file of the earlier state is gone or has lost rows
   */
  static Optional<Set<String>> newFiles(Dataset<Row> before, Dataset<Row> now, String fileColumn) {
    Map<String, Long> filesBefore = rowsByFile(before, fileColumn);
    Map<String, Long> files = rowsByFile(now, fileColumn);
    if (!files.entrySet().containsAll(filesBefore.entrySet())) {
      return Optional.empty();
    }
    files.keySet().removeAll(filesBefore.keySet());
    return Optional.of(files.keySet());
  }

  /** The rows that lie in some files. */
  static Dataset<Row> in(Set<String> files, Dataset<Row> rows, String fileColumn) {
    return rows.where(col(fileColumn).isin(files.toArray()));
  }

  private static Map<String, Long> rowsByFile(Dataset<Row> rows, String fileColumn) {
    Map<String, Long> files = new HashMap<>();
    rows.select(col(fileColumn).as(FILE))
        .groupBy(FILE)
        .count()
        .collectAsList()
        .forEach(row -> files.put(row.getString(0), row.getLong(1)));
    return files;
  }
}
