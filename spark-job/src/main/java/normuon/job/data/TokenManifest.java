package normuon.job.data;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.io.Serializable;
import java.util.List;
import java.util.Map;
import normuon.model.text.TokenizerDescription;

/**
 * What lies in a directory of token shards and where it came from; the file {@code manifest.json}
 * beside them. It is written last: without it the shards do not exist.
 *
 * @param formatVersion the version of this layout
 * @param sources the text; each of them has a place in the list of its own
 * @param tokenizer what turned the text into tokens
 * @param vocabularySize the number of tokens of the tokenizer
 * @param tokenizerSha256 the hash of the tokenizer's vocabulary
 * @param splitRule how the text was divided
 * @param documentRules which documents were left out or changed
 * @param counts what was read
 * @param shards the shards in the order of the text, those for training first
 */
public record TokenManifest(
    int formatVersion,
    List<Source> sources,
    TokenizerDescription tokenizer,
    int vocabularySize,
    String tokenizerSha256,
    SplitRule splitRule,
    DocumentRules documentRules,
    Counts counts,
    List<Shard> shards) {

  /** The layout that this release reads and writes. */
  public static final int FORMAT_VERSION = 2;

  /** The shards of one split in order. */
  public List<Shard> shards(Split split) {
    return shards.stream().filter(shard -> shard.split() == split).toList();
  }

  /** The number of tokens of one split. */
  public long tokens(Split split) {
    return shards(split).stream().mapToLong(Shard::tokens).sum();
  }

  /**
   * A text that was read.
   *
   * @param path the file, folder or table, or {@code sample}
   * @param format how it was read
   * @param textColumn the column of a table that holds the text; empty otherwise
   * @param keyColumn the column that names a document; empty if its text does
   * @param filter the rows that were wanted, in SQL; empty for all
   * @param snapshot what of the path was read
   */
  public record Source(
      String path,
      SourceFormat format,
      String textColumn,
      String keyColumn,
      String filter,
      Snapshot snapshot) {

    /** Files of which all was read. */
    public static Source ofFiles(
        String path, SourceFormat format, String textColumn, List<SourceFile> files) {
      return new Source(path, format, textColumn, "", "", Snapshot.ofFiles(files));
    }

    /** The files in order; none if a version says what was read. */
    public List<SourceFile> files() {
      return snapshot.files();
    }
  }

  /**
   * The state of a source that was read, whatever has become of it since.
   *
   * @param table the identity of a Delta table, which another one of the same path does not share;
   *     empty otherwise
   * @param version the version of a Delta table, or the snapshot of an Iceberg table; {@link
   *     #NO_VERSION} for files
   * @param after the version whose rows were left out, as they had been read before: only what came
   *     since is meant; {@link #NO_VERSION} for all rows
   * @param files the files in order; none if there is a version
   */
  public record Snapshot(String table, long version, long after, List<SourceFile> files) {

    /** The version of what has none. */
    public static final long NO_VERSION = -1;

    /** All rows of a version. */
    public static Snapshot ofVersion(String table, long version) {
      return new Snapshot(table, version, NO_VERSION, List.of());
    }

    /** Whether it has no rows, as nothing came since. */
    @JsonIgnore
    public boolean isEmpty() {
      return files.isEmpty() && version == after;
    }

    /** Files, which are known by their sizes and times. */
    public static Snapshot ofFiles(List<SourceFile> files) {
      return new Snapshot("", NO_VERSION, NO_VERSION, files);
    }
  }

  /**
   * One file of the source.
   *
   * @param path where it lies
   * @param bytes its size
   * @param modified when it was last written, in milliseconds since 1970; 0 for the sample
   */
  public record SourceFile(String path, long bytes, long modified) implements Serializable {}

  /**
   * How the text was divided into training and validation.
   *
   * @param by what the rule looks at
   * @param validationFraction the share of the text that is for validation
   */
  public record SplitRule(SplitBy by, double validationFraction) {}

  /** What a split rule looks at. */
  public enum SplitBy {
    /** The first characters are for training, the last for validation. */
    @JsonProperty("position")
    POSITION,
    /** A document is for validation if xxhash64(text) mod 10^6 is below the fraction of 10^6. */
    @JsonProperty("document_hash")
    DOCUMENT_HASH,
    /** The same with the key of the document in place of its text. */
    @JsonProperty("key_hash")
    KEY_HASH,
    /** Each file is for one of the two, by its name; if all are for training, the last tokens. */
    @JsonProperty("file_name")
    FILE_NAME
  }

  /**
   * Which documents of a table were left out or changed.
   *
   * @param lineEnds the line ends of the documents
   * @param minimumCharacters the shortest document, in characters
   * @param maximumCharacters the longest; 0 for any
   * @param duplicates what became of a document whose text had occurred before
   */
  public record DocumentRules(
      String lineEnds, int minimumCharacters, int maximumCharacters, String duplicates) {

    /** The text as it was found. */
    public static final DocumentRules NONE = new DocumentRules("kept", 0, 0, "kept");
  }

  /**
   * What was read.
   *
   * @param documents the number of documents: files, or rows with text
   * @param characters the number of characters (Unicode code points)
   * @param dropped the number of rows left out, by the reason
   */
  public record Counts(long documents, long characters, Map<String, Long> dropped) {

    /** The reason of rows whose text is null or empty, where these are not told apart. */
    public static final String EMPTY = "empty";
  }

  /**
   * One token shard.
   *
   * @param split what its tokens are for
   * @param file its name in the directory of the manifest, or a path to where it lies
   * @param firstToken how many tokens of the file come before its own
   * @param tokens the number of tokens
   * @param bytes the size of the file
   * @param sha256 the hash of the file
   */
  public record Shard(
      Split split, String file, long firstToken, long tokens, long bytes, String sha256) {}
}
