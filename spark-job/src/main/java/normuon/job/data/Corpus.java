package normuon.job.data;

import java.util.List;
import normuon.model.text.CharacterTokenizer;
import normuon.model.text.TokenizerDescription;

/** A source of text that Spark tokenizes; nothing of the text comes to the driver. */
interface Corpus {

  /** What it is divided by. */
  TokenManifest.SplitBy splitBy();

  /** The tokenizer of the characters that occur in it. */
  CharacterTokenizer characterTokenizer();

  /**
   * Tokenizes the text on the executors.
   *
   * @param tokenizer the tokenizer
   * @param validationFraction the share of the text that is for validation
   * @param folder where the tokens go
   * @return the runs in the order of the text
   */
  List<TokenRun> tokenize(
      TokenizerDescription tokenizer, double validationFraction, TemporaryFolder folder);
}
