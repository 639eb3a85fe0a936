package normuon.job.data;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.util.HexFormat;
import normuon.job.config.InvalidConfigurationException;
import normuon.job.data.TokenManifest.Shard;
import normuon.job.data.TokenManifest.SourceFile;
import normuon.model.text.Tokenizer;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.util.SerializableConfiguration;

/**
 * What one reading of a token shard shows. Tasks send it to the driver as a row.
 *
 * @param file the file
 * @param problem what is wrong with the file; empty if nothing is
 * @param tokens the number of tokens
 * @param bytes the size of the file
 * @param sha256 the hash of the file
 * @param largest the largest token; -1 if there is none
 * @param documents how often the token occurs that ends a document
 */
record TokenFileScan(
    String file,
    String problem,
    long tokens,
    long bytes,
    String sha256,
    long largest,
    long documents) {

  /** The schema of {@link #toRow()}. */
  static final StructType SCHEMA =
      new StructType()
          .add("file", DataTypes.StringType)
          .add("problem", DataTypes.StringType)
          .add("tokens", DataTypes.LongType)
          .add("bytes", DataTypes.LongType)
          .add("sha256", DataTypes.StringType)
          .add("largest", DataTypes.LongType)
          .add("documents", DataTypes.LongType);

  private static final int BUFFER = 1 << 20;

  /** Reads a file. */
  static TokenFileScan read(SourceFile file, int endOfText, SerializableConfiguration configuration)
      throws IOException {
    Path path = new Path(file.path());
    MessageDigest digest = ShardFile.sha256();
    try (DataInputStream in =
        new DataInputStream(
            new BufferedInputStream(
                new DigestInputStream(Storage.of(path, configuration.value()).open(path), digest),
                BUFFER))) {
      byte[] start = in.readNBytes(ShardHeader.BYTES);
      ShardHeader header = ShardHeader.read(ByteBuffer.wrap(start), file.bytes(), file.path());
      long[] largestAndDocuments = readTokens(in, header, endOfText);
      return new TokenFileScan(
          file.path(),
          "",
          header.tokens(),
          file.bytes(),
          HexFormat.of().formatHex(digest.digest()),
          largestAndDocuments[0],
          largestAndDocuments[1]);
    } catch (InvalidConfigurationException malformed) {
      // Told to the driver, not thrown: Spark would try the task again, and again find it.
      return new TokenFileScan(file.path(), malformed.getMessage(), 0, file.bytes(), "", -1, 0);
    }
  }

  private static long[] readTokens(DataInputStream in, ShardHeader header, int endOfText)
      throws IOException {
    int width = header.width().bytes();
    byte[] bytes = new byte[BUFFER];
    ByteBuffer words = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    long largest = -1;
    long documents = 0;
    for (long left = (long) header.tokens() * width; left > 0; ) {
      int length = (int) Math.min(left, bytes.length);
      in.readFully(bytes, 0, length);
      for (int offset = 0; offset < length; offset += width) {
        long token = header.width().get(words, offset);
        largest = Math.max(largest, token);
        documents += token == endOfText ? 1 : 0;
      }
      left -= length;
    }
    return new long[] {largest, documents};
  }

  /**
   * Refuses a file that is no token shard, or has a token that a tokenizer lacks.
   *
   * @throws InvalidConfigurationException if so; names the file
   */
  void requireVocabulary(Tokenizer tokenizer) {
    if (!problem.isEmpty()) {
      throw new InvalidConfigurationException(problem);
    }
    if (largest >= tokenizer.vocabularySize()) {
      throw new InvalidConfigurationException(
          "Invalid token shard %s: it has the token %d; data.tokenizer %s has %d tokens"
              .formatted(file, largest, tokenizer.name(), tokenizer.vocabularySize()));
    }
  }

  /** A range of the tokens. */
  Shard shard(Split split, long first, long count) {
    return new Shard(split, file, first, count, bytes, sha256);
  }

  Row toRow() {
    return RowFactory.create(file, problem, tokens, bytes, sha256, largest, documents);
  }

  static TokenFileScan of(Row row) {
    return new TokenFileScan(
        row.getString(0),
        row.getString(1),
        row.getLong(2),
        row.getLong(3),
        row.getString(4),
        row.getLong(5),
        row.getLong(6));
  }
}
