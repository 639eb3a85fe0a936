package normuon.job.report;

import java.util.OptionalDouble;
import java.util.StringJoiner;
import normuon.job.config.ModelSettings;
import normuon.job.config.OptimizerSettings;
import normuon.job.config.RunConfiguration;

/** The paragraph that a run ends with: what was trained, how well, and where the results are. */
final class SummaryParagraph {

  private final RunConfiguration configuration;
  private final RunStart start;

  SummaryParagraph(RunConfiguration configuration, RunStart start) {
    this.configuration = configuration;
    this.start = start;
  }

  String of(RunSummary summary, String directory) {
    StringJoiner sentences = new StringJoiner(" ");
    sentences.add(trained(summary));
    sentences.add(quality(summary.evaluation(), start.lossFloor()));
    sentences.add(
        "Results are in %s: checkpoint %s, %s, %s and %s."
            .formatted(
                directory,
                summary.checkpoint(),
                MetricsLog.FILE_NAME,
                StatusFile.FILE_NAME,
                RunConfiguration.FILE_NAME));
    return sentences.toString();
  }

  private String trained(RunSummary summary) {
    ModelSettings model = configuration.model();
    int steps = configuration.train().steps();
    int ranks = configuration.train().ranks();
    String resumed = start.step() == 0 ? "" : " (resumed after step " + start.step() + ")";
    return Text.format(
        "Trained a decoder of %,d weights (%s, width %d, context %d) with %s for %,d steps%s on %s"
            + " in %s, at %,.0f tokens/s.",
        start.parameters(),
        count(model.layers(), "layer"),
        model.width(),
        model.context(),
        rule(configuration.optimizer().name()),
        steps,
        resumed,
        count(ranks, "rank"),
        Text.of(summary.duration()),
        summary.tokensPerSecond());
  }

  private static String rule(OptimizerSettings.Name name) {
    return switch (name) {
      case NORMUON -> "NorMuon";
      case MUON -> "Muon";
      case ADAMW -> "AdamW";
      case SOPHIA_G -> "Sophia-G";
      case SOPHIA_H -> "Sophia-H";
    };
  }

  private static String quality(EvaluationRecord evaluation, OptionalDouble lossFloor) {
    String text =
        Text.format(
            "Validation loss %.4f nats per token over %,d tokens (perplexity %.2f)",
            evaluation.validationLoss(), evaluation.validationTokens(), evaluation.perplexity());
    if (lossFloor.isEmpty()) {
      return text + ".";
    }
    double floor = lossFloor.getAsDouble();
    return Text.format(
        "%s, %.1f%% above the text's own entropy of %.4f.",
        text, 100 * (evaluation.validationLoss() / floor - 1), floor);
  }

  private static String count(int number, String thing) {
    return number + " " + thing + (number == 1 ? "" : "s");
  }
}
