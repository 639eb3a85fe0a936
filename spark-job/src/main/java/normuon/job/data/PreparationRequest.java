package normuon.job.data;

import normuon.job.config.InvalidConfigurationException;
import normuon.model.text.HuggingFaceTokenizer;
import normuon.model.text.Tokenizers;

/**
 * What to prepare, in the words of the configuration.
 *
 * @param path {@code data.path}: a text file, a folder of text files, a Parquet folder, token
 *     shards, or {@code sample}
 * @param format {@code data.format}: {@code auto}, {@code text}, {@code parquet} or {@code tokens}
 * @param textColumn {@code data.text_column}: the column of a Parquet folder that holds the text
 * @param tokenizer {@code data.tokenizer}: {@code byte}, {@code char}, {@code gpt2} or {@code
 *     hugging_face}
 * @param tokenizerFile {@code data.tokenizer_file}: the {@code tokenizer.json}; empty if the name
 *     of the tokenizer says all
 * @param validationFraction {@code data.validation_fraction}, between 0 and 1, or {@link
 *     Preparation#ALL_FOR_VALIDATION}
 * @param tokensDirectory where the tokens go, on any Hadoop file system
 * @param context {@code model.context}: each split must have one sequence at least
 */
public record PreparationRequest(
    String path,
    String format,
    String textColumn,
    String tokenizer,
    String tokenizerFile,
    double validationFraction,
    String tokensDirectory,
    int context) {

  /** The value of {@link #path} that stands for the built-in sample. */
  public static final String SAMPLE = "sample";

  boolean isSample() {
    return path.equals(SAMPLE);
  }

  /** Refuses values that no text can fit; the path and format are checked when they are read. */
  void check() {
    boolean isFromFile = tokenizer.equals(HuggingFaceTokenizer.NAME);
    if (!isFromFile && !Tokenizers.NAMES.contains(tokenizer)) {
      throw new InvalidConfigurationException(
          "Invalid data.tokenizer = '%s': must be one of %s, or %s with data.tokenizer_file"
              .formatted(tokenizer, Tokenizers.NAMES, HuggingFaceTokenizer.NAME));
    }
    if (isFromFile == tokenizerFile.isEmpty()) {
      throw new InvalidConfigurationException(
          "Invalid data.tokenizer_file = '%s': must name a tokenizer.json where data.tokenizer is %s, and only there; it is '%s'"
              .formatted(tokenizerFile, HuggingFaceTokenizer.NAME, tokenizer));
    }
    if (!(validationFraction > 0 && validationFraction < 1)) {
      throw new InvalidConfigurationException(
          "Invalid data.validation_fraction = %s: must be above 0 and below 1"
              .formatted(validationFraction));
    }
  }

  /** Refuses a text that leaves less than one sequence for training or for validation. */
  void checkTokens(long train, long validation) {
    LeastTokens.require("data.path = " + path, validationFraction, context, train, validation);
  }
}
