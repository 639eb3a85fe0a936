package normuon.job.data;

import java.io.IOException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Iterator;
import java.util.List;
import normuon.job.data.TokenManifest.SourceFile;
import normuon.model.text.Tokenizer;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.util.SerializableConfiguration;

/**
 * What one reading of a text file shows. Tasks send it to the driver as a row.
 *
 * @param file the file
 * @param characters the number of characters (code points)
 * @param distinctCharacters the characters that occur, each once
 * @param malformedAt the offset of the first byte that is not UTF-8; -1 if all are
 */
record TextScan(String file, long characters, String distinctCharacters, long malformedAt) {

  /** The schema of {@link #rows}. */
  static final StructType SCHEMA =
      new StructType()
          .add("file", DataTypes.StringType)
          .add("characters", DataTypes.LongType)
          .add("distinct_characters", DataTypes.StringType)
          .add("malformed_at", DataTypes.LongType);

  static TextScan of(Row row) {
    return new TextScan(row.getString(0), row.getLong(1), row.getString(2), row.getLong(3));
  }

  /** Reads files in order; a row for each. */
  static Iterator<Row> rows(List<SourceFile> files, SerializableConfiguration configuration)
      throws IOException {
    List<Row> rows = new ArrayList<>(files.size());
    for (SourceFile file : files) {
      TextScan scan = read(new Path(file.path()), configuration);
      rows.add(
          RowFactory.create(scan.file, scan.characters, scan.distinctCharacters, scan.malformedAt));
    }
    return rows.iterator();
  }

  /** Opens a text file for a tokenizer. */
  static TextReader open(Path file, SerializableConfiguration configuration, Tokenizer tokenizer)
      throws IOException {
    return TextReader.of(Storage.of(file, configuration.value()).open(file), tokenizer);
  }

  private static TextScan read(Path file, SerializableConfiguration configuration)
      throws IOException {
    BitSet occurring = new BitSet();
    long characters = 0;
    long malformedAt = -1;
    try (TextReader reader = new TextReader(Storage.of(file, configuration.value()).open(file))) {
      for (String piece = reader.next(); !piece.isEmpty(); piece = reader.next()) {
        characters += piece.codePointCount(0, piece.length());
        piece.codePoints().forEach(occurring::set);
      }
    } catch (MalformedTextException e) {
      // Told to the driver, not thrown: Spark would try the task again, and again find this byte.
      malformedAt = e.offset();
    }
    StringBuilder distinct = new StringBuilder();
    occurring.stream().forEach(distinct::appendCodePoint);
    return new TextScan(file.toString(), characters, distinct.toString(), malformedAt);
  }
}
