package normuon.job;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Locale;
import java.util.OptionalInt;
import normuon.job.config.DataSettings;
import normuon.job.config.RunConfiguration;
import normuon.job.data.SampleGrammar;
import normuon.job.data.TokenizerFile;
import normuon.model.text.Tokenizers;
import org.apache.spark.deploy.SparkHadoopUtil;

/** The number of tokens of a tokenizer, as far as it is known before the text is read. */
final class VocabularySize {

  /** Enough for the characters of most texts in an alphabet: a guess, for bytes alone. */
  static final int ASSUMED = 256;

  private static final int SAMPLE_CHARACTERS = 200_000;

  private VocabularySize() {}

  /** The number; empty for the characters of a text, unless the model's rows bound them. */
  static OptionalInt of(RunConfiguration configuration) {
    DataSettings data = configuration.data();
    if (data.tokenizer() == DataSettings.Tokenizer.HUGGING_FACE) {
      return OptionalInt.of(ofFile(data.tokenizerFile()));
    }
    if (data.tokenizer() != DataSettings.Tokenizer.CHAR) {
      String name = data.tokenizer().name().toLowerCase(Locale.ROOT);
      return OptionalInt.of(Tokenizers.byName(name).vocabularySize());
    }
    if (data.isSample()) {
      return OptionalInt.of(
          (int) SampleGrammar.text(1, SAMPLE_CHARACTERS).chars().distinct().count());
    }
    int rows = configuration.model().vocabularySize();
    return rows == 0 ? OptionalInt.empty() : OptionalInt.of(rows);
  }

  private static int ofFile(String file) {
    try {
      return TokenizerFile.read(file, SparkHadoopUtil.get().conf()).vocabularySize();
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot read data.tokenizer_file " + file, e);
    }
  }
}
