package normuon.job.lake;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.IntStream;
import normuon.job.config.DocumentSettings;
import normuon.job.config.SourceSettings;
import normuon.job.data.Recipe;
import normuon.job.data.TokenManifest.DocumentRules;
import normuon.job.data.TokenManifest.Source;
import normuon.model.text.Tokenizer;

/**
 * What to prepare, in the words of the configuration.
 *
 * @param sources {@code data.sources}, or some of them, one at least
 * @param places their keys, for messages
 * @param documents {@code data.documents}
 * @param tokenizer {@code data.tokenizer}
 * @param tokenizerFile {@code data.tokenizer_file}; empty if the tokenizer needs none
 * @param validationFraction {@code data.validation_fraction}, between 0 and 1
 * @param tokensDirectory where the tokens go, on any Hadoop file system
 * @param context {@code model.context}: each split must have one sequence at least
 * @param settled what of each source is read, if that is settled; empty to settle it now
 */
public record LakeRequest(
    List<SourceSettings> sources,
    List<String> places,
    DocumentSettings documents,
    String tokenizer,
    String tokenizerFile,
    double validationFraction,
    String tokensDirectory,
    int context,
    List<Source> settled) {

  /** A request for all sources that leaves it to the preparation to take the snapshots. */
  public LakeRequest(
      List<SourceSettings> sources,
      DocumentSettings documents,
      String tokenizer,
      String tokenizerFile,
      double validationFraction,
      String tokensDirectory,
      int context) {
    this(
        sources,
        places(sources.size()),
        documents,
        tokenizer,
        tokenizerFile,
        validationFraction,
        tokensDirectory,
        context,
        List.of());
  }

  /** The request for one of the sources alone, whose tokens go elsewhere. */
  public LakeRequest only(int source, String directory) {
    return new LakeRequest(
        List.of(sources.get(source)),
        List.of(places.get(source)),
        documents,
        tokenizer,
        tokenizerFile,
        validationFraction,
        directory,
        context,
        List.of());
  }

  /** The keys of as many sources. */
  public static List<String> places(int sources) {
    return IntStream.range(0, sources).mapToObj(LakeRequest::place).toList();
  }

  /** What the text is, for messages: the one source with its location, or all of them. */
  String text() {
    return sources.size() == 1 ? places.get(0) + " = " + sources.get(0).location() : "data.sources";
  }

  /** The sources with what is settled of them. */
  List<PinnedSource> settledSources() {
    return IntStream.range(0, sources.size())
        .mapToObj(i -> new PinnedSource(places.get(i), sources.get(i), settled.get(i)))
        .toList();
  }

  static String place(int index) {
    return "data.sources[" + index + "]";
  }

  /**
   * The recipe of these settings.
   *
   * @param pinned the sources, of which the snapshots are taken
   * @param file the tokenizer of the file; empty if there is none
   */
  Recipe recipe(List<PinnedSource> pinned, Optional<Tokenizer> file) {
    return new Recipe(
        pinned.stream().map(PinnedSource::source).toList(),
        file.map(read -> Recipe.tokenizer(tokenizer, read.sha256())).orElse(tokenizer),
        validationFraction,
        new DocumentRules(
            "line feeds",
            documents.minimumCharacters(),
            documents.maximumCharacters(),
            documents.duplicates().name().toLowerCase(Locale.ROOT)));
  }
}
