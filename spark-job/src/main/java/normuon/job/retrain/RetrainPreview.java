package normuon.job.retrain;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import normuon.job.config.RetrainSettings;
import normuon.job.config.RunConfiguration;
import normuon.job.data.TokenManifest.Source;
import normuon.job.report.Status;
import org.apache.spark.sql.SparkSession;

/**
 * What a retraining would do, found out without writing anything.
 *
 * @param configuration the settings
 * @param line the line of models
 * @param session can read the sources
 */
public record RetrainPreview(RunConfiguration configuration, ModelLine line, SparkSession session) {

  /** Says it, line by line. */
  public List<String> lines() {
    Optional<Promotion> promoted = line.promoted();
    List<String> lines = new ArrayList<>();
    lines.add("line        " + line.directory().path());
    lines.add(
        "parent      "
            + promoted
                .map(model -> "generation %d, %s".formatted(model.generation(), model.checkpoint()))
                .orElse("none"));
    Optional<Generation> open = line.last().filter(generation -> generation.verdict().isEmpty());
    Growth growth = new Growth(session, configuration);
    List<Source> since =
        open.isPresent() ? open.get().plan().orElseThrow().sources() : growth.since(promoted);
    since.forEach(source -> lines.add("source      " + SourceText.of(source)));
    if (since.stream().allMatch(source -> source.snapshot().isEmpty())) {
      lines.add("would end   " + Status.NO_NEW_DATA);
      return lines;
    }
    lines.add("rows        %,d".formatted(growth.rows(since)));
    lines.add(
        open.map(
                generation -> "generation  %d, which was broken off".formatted(generation.number()))
            .orElseGet(() -> "generation  " + (line.last().map(Generation::number).orElse(0) + 1)));
    lines.add("budget      " + budget(promoted.isPresent()));
    return lines;
  }

  private String budget(boolean hasParent) {
    RetrainSettings settings = configuration.retrain();
    if (!hasParent) {
      return "%,d steps".formatted(configuration.train().steps());
    }
    if (settings.tokens() > 0) {
      long ofStep =
          (long) configuration.train().sequencesPerStep() * configuration.model().context();
      return "%,d steps, a share of %s of them old rows"
          .formatted((settings.tokens() + ofStep - 1) / ofStep, settings.oldShare());
    }
    return String.format(
        Locale.ROOT,
        "%s epochs of these rows, and a share of %s of old ones; preparation tells the steps",
        settings.epochsOfNewData(),
        settings.oldShare());
  }
}
