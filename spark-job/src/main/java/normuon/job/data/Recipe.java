package normuon.job.data;

import java.util.List;
import normuon.job.data.TokenManifest.DocumentRules;
import normuon.job.data.TokenManifest.Source;
import normuon.model.text.HuggingFaceTokenizer;

/**
 * All that the bytes of token shards depend on.
 *
 * @param sources the text in order
 * @param tokenizer the name of the tokenizer; with the hash of its file if it comes from one
 * @param validationFraction the share of the text that is for validation
 * @param documentRules which documents are left out or changed
 */
public record Recipe(
    List<Source> sources,
    String tokenizer,
    double validationFraction,
    DocumentRules documentRules) {

  /** The name of a tokenizer; with the hash of its file if it comes from one. */
  public static String tokenizer(String name, String sha256) {
    return name.equals(HuggingFaceTokenizer.NAME) ? name + " " + sha256 : name;
  }

  /** The recipe of tokens that are there. */
  public static Recipe of(TokenManifest manifest) {
    return new Recipe(
        manifest.sources(),
        tokenizer(manifest.tokenizer().name(), manifest.tokenizerSha256()),
        manifest.splitRule().validationFraction(),
        manifest.documentRules());
  }
}
