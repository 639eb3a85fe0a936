package normuon.job.lake;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import normuon.job.config.DocumentSettings;
import normuon.job.config.SourceSettings;
import normuon.job.config.SourceSettings.Format;
import normuon.job.data.TokenManifest;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/** Tables in a folder, and preparations of them with small shards. */
final class Lake {

  static final DocumentSettings DOCUMENTS =
      new DocumentSettings(1, 1_000_000, DocumentSettings.Duplicates.DROP);

  private static final StructType SCHEMA =
      new StructType().add("id", DataTypes.LongType).add("text", DataTypes.StringType);

  private final SparkSession spark;
  private final Path folder;
  private final PieceSizes sizes;

  /** All documents in one bucket. */
  Lake(SparkSession spark, Path folder) {
    this(spark, folder, new PieceSizes(3_000, 1 << 20));
  }

  Lake(SparkSession spark, Path folder, PieceSizes sizes) {
    this.spark = spark;
    this.folder = folder;
    this.sizes = sizes;
  }

  /** Documents with the keys [first, end). */
  Dataset<Row> documents(int first, int end) {
    List<Row> rows = new ArrayList<>();
    for (int i = first; i < end; i++) {
      rows.add(RowFactory.create((long) i, text(i)));
    }
    return spark.createDataFrame(rows, SCHEMA);
  }

  /** The text of a document. */
  static String text(int key) {
    String end = key % 3 == 0 ? " \ud83d\ude00\r\n" : " \u00e9t\u00e9 ";
    return "document " + key + end.repeat(key % 7 + 1);
  }

  /** Rows of two columns, id and text, of expressions in SQL. */
  Dataset<Row> rows(String... rows) {
    return spark.sql("SELECT * FROM VALUES " + String.join(", ", rows) + " AS (id, text)");
  }

  /** A row whose text has fifty million characters. */
  Dataset<Row> longRow(long key) {
    // Not of constants, which Spark would compute and print while it plans.
    return spark
        .range(key, key + 1)
        .selectExpr(
            "id", "repeat('long ', 10000000 + CAST(id AS INT) - %d) AS text".formatted(key));
  }

  String path(String name) {
    return folder.resolve(name).toString();
  }

  Path tokens(String name) {
    return folder.resolve("tokens").resolve(name);
  }

  SourceSettings source(Format format, String name) {
    return source(format, name, -1);
  }

  SourceSettings source(Format format, String name, long version) {
    return new SourceSettings(format, path(name), "", "text", "id", "", version);
  }

  static SourceSettings table(Format format, String name, long version) {
    return new SourceSettings(format, "", name, "text", "id", "", version);
  }

  TokenManifest prepare(String tokens, SourceSettings... sources) throws IOException {
    return prepare(tokens, DOCUMENTS, sources);
  }

  TokenManifest prepare(String tokens, DocumentSettings documents, SourceSettings... sources)
      throws IOException {
    return new LakePreparation(spark, sizes)
        .prepare(
            new LakeRequest(
                List.of(sources), documents, "byte", "", 0.1, tokens(tokens).toString(), 8));
  }

  /** Prepares, and gives the shards. */
  byte[] shards(String tokens, SourceSettings... sources) throws IOException {
    prepare(tokens, sources);
    return Shards.bytes(tokens(tokens));
  }
}
