package normuon.job.config;

import java.io.Serializable;
import java.util.List;

/**
 * Section {@code data}.
 *
 * @param path {@code sample} for the built-in grammar, else a text file, a folder of text files, a
 *     Parquet folder, or token shards; unused where there are {@code sources}
 * @param format how {@code path} is read
 * @param textColumn the column of a Parquet folder that holds the text
 * @param tokenizer how text becomes tokens
 * @param tokenizerFile the {@code tokenizer.json} of a Hugging Face tokenizer; empty for others
 * @param validationFraction the share of the text, at its end, that is kept for evaluation
 * @param tokensDirectory where token shards go; empty for {@code tokens} in the run directory
 * @param sources tables to train on in place of {@code path}
 * @param documents which documents of the sources are left out
 * @param mixture prepared tokens to train on in place of {@code path} and {@code sources}
 */
public record DataSettings(
    String path,
    Format format,
    String textColumn,
    Tokenizer tokenizer,
    String tokenizerFile,
    @Interval("(0, 1)") double validationFraction,
    @MayChangeOnResume String tokensDirectory,
    List<SourceSettings> sources,
    DocumentSettings documents,
    List<MixtureSettings> mixture)
    implements Serializable {

  /** The value of {@link #path} that stands for the built-in grammar. */
  public static final String SAMPLE = "sample";

  /** Takes copies of the lists. */
  public DataSettings {
    sources = List.copyOf(sources);
    mixture = List.copyOf(mixture);
  }

  /** Whether the text is the built-in grammar's. */
  public boolean isSample() {
    return path.equals(SAMPLE) && sources.isEmpty() && mixture.isEmpty();
  }

  /** Whether each source has its share of the sequences; else their documents are put together. */
  public boolean isWeighted() {
    return sources.stream().anyMatch(source -> source.weight() != SourceSettings.NO_WEIGHT);
  }

  /** How the text is stored. */
  public enum Format {
    /** Parquet or token shards if the path is such files or holds them, else text. */
    AUTO,
    /** UTF-8 text files. */
    TEXT,
    /** Parquet files with a text column. */
    PARQUET,
    /** Token shards in the layout of llm.c and modded-nanogpt. */
    TOKENS
  }

  /** How text becomes tokens. */
  public enum Tokenizer {
    /** One token per byte of UTF-8. */
    BYTE,
    /** One token per character; the vocabulary comes from the text. */
    CHAR,
    /** GPT-2's byte-pair encoding. */
    GPT2,
    /** What the tokenizer file says. */
    HUGGING_FACE
  }
}
