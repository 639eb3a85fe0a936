package normuon.job.data;

import java.util.List;
import normuon.job.data.TokenManifest.DocumentRules;
import normuon.job.data.TokenManifest.Source;

/**
 * All that the bytes of token shards depend on.
 *
 * @param sources the text in order
 * @param tokenizer the name of the tokenizer
 * @param validationFraction the share of the text that is for validation
 * @param documentRules which documents are left out or changed
 */
public record Recipe(
    List<Source> sources,
    String tokenizer,
    double validationFraction,
    DocumentRules documentRules) {

  /** The recipe of tokens that are there. */
  public static Recipe of(TokenManifest manifest) {
    return new Recipe(
        manifest.sources(),
        manifest.tokenizer().name(),
        manifest.splitRule().validationFraction(),
        manifest.documentRules());
  }
}
