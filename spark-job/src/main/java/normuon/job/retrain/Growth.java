package normuon.job.retrain;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import normuon.job.config.InvalidConfigurationException;
import normuon.job.config.RunConfiguration;
import normuon.job.config.SourceSettings;
import normuon.job.data.Recipe;
import normuon.job.data.RecipeComparison;
import normuon.job.data.TokenManifest.DocumentRules;
import normuon.job.data.TokenManifest.Snapshot;
import normuon.job.data.TokenManifest.Source;
import normuon.job.lake.SourceGrowth;
import org.apache.spark.sql.SparkSession;

/** What came to the sources of a line since its model in use was trained. */
final class Growth {

  private final SourceGrowth growth;
  private final List<SourceSettings> settings;

  Growth(SparkSession spark, RunConfiguration configuration) {
    this.growth = new SourceGrowth(spark);
    this.settings = configuration.data().sources();
  }

  /**
   * What came since; all there is, where no model is in use.
   *
   * @throws InvalidConfigurationException if anything else than rows came, or the sources are
   *     others
   */
  List<Source> since(Optional<Promotion> promoted) {
    try {
      if (promoted.isEmpty()) {
        return growth.everything(settings);
      }
      List<Source> read = promoted.get().sources();
      List<Source> since =
          read.size() == settings.size() ? growth.since(settings, read) : List.of();
      requireSame(read, since, "the promoted model's");
      return since;
    } catch (IOException unreachable) {
      throw new UncheckedIOException("Cannot read data.sources", unreachable);
    }
  }

  /** The number of rows that came. */
  long rows(List<Source> since) {
    try {
      return growth.rows(settings, since);
    } catch (IOException unreachable) {
      throw new UncheckedIOException("Cannot read data.sources", unreachable);
    }
  }

  /**
   * Checks that sources are those of before, whatever came to them.
   *
   * @param whose whose sources they were, for the message
   */
  void requireSame(List<Source> before, List<Source> now, String whose) {
    List<String> places =
        IntStream.range(0, now.size()).mapToObj(i -> "data.sources[" + i + "]").toList();
    List<String> differences =
        RecipeComparison.differences(definition(before), definition(now), places);
    if (!differences.isEmpty()) {
      throw new InvalidConfigurationException(
          "Invalid data.sources: they are not %s (%s); must be equal, or train a line anew"
              .formatted(whose, String.join("; ", differences)));
    }
  }

  private static Recipe definition(List<Source> sources) {
    return new Recipe(
        sources.stream()
            .map(
                source ->
                    new Source(
                        source.path(),
                        source.format(),
                        source.textColumn(),
                        source.keyColumn(),
                        source.filter(),
                        Snapshot.ofFiles(List.of())))
            .toList(),
        "",
        0,
        DocumentRules.NONE);
  }
}
