package normuon.job.data;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.io.Serializable;
import java.util.List;
import normuon.model.text.TokenizerDescription;

/**
 * What lies in a directory of token shards and where it came from; the file {@code manifest.json}
 * beside them. It is written last: without it the shards do not exist.
 *
 * @param formatVersion the version of this layout
 * @param source the text
 * @param tokenizer what turned the text into tokens
 * @param vocabularySize the number of tokens of the tokenizer
 * @param tokenizerSha256 the hash of the tokenizer's vocabulary
 * @param splitRule how the text was divided
 * @param counts what was read
 * @param shards the shards in the order of the text, those for training first
 */
public record TokenManifest(
    int formatVersion,
    Source source,
    TokenizerDescription tokenizer,
    int vocabularySize,
    String tokenizerSha256,
    SplitRule splitRule,
    Counts counts,
    List<Shard> shards) {

  /** The layout that this release reads and writes. */
  static final int FORMAT_VERSION = 1;

  /** The shards of one split in order. */
  public List<Shard> shards(Split split) {
    return shards.stream().filter(shard -> shard.split() == split).toList();
  }

  /** The number of tokens of one split. */
  public long tokens(Split split) {
    return shards(split).stream().mapToLong(Shard::tokens).sum();
  }

  /**
   * The text that was read.
   *
   * @param path the file or folder, or {@code sample}
   * @param format how it was read
   * @param textColumn the column of a Parquet folder that holds the text; empty otherwise
   * @param files the files in order
   */
  public record Source(
      String path, SourceFormat format, String textColumn, List<SourceFile> files) {}

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
    DOCUMENT_HASH
  }

  /**
   * What was read.
   *
   * @param documents the number of documents: files, or rows with text
   * @param emptyDocuments the number of rows left out because their text was null or empty
   * @param characters the number of characters (Unicode code points)
   */
  public record Counts(long documents, long emptyDocuments, long characters) {

    Counts plus(Counts other) {
      return new Counts(
          documents + other.documents,
          emptyDocuments + other.emptyDocuments,
          characters + other.characters);
    }
  }

  /**
   * One token shard.
   *
   * @param split what its tokens are for
   * @param file its name in the directory of the manifest
   * @param tokens the number of tokens
   * @param bytes the size of the file
   * @param sha256 the hash of the file
   */
  public record Shard(Split split, String file, long tokens, long bytes, String sha256) {}
}
