package normuon.job.retrain;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import normuon.job.checkpoint.CheckpointStore;
import normuon.job.config.ConfigurationLoader;
import normuon.job.config.Location;
import normuon.job.data.TokenManifest;
import normuon.job.retrain.Verdict.Loss;
import normuon.job.retrain.Verdict.Model;
import normuon.job.retrain.Verdict.Outcome;
import normuon.job.retrain.Verdict.ValidationSet;
import normuon.job.train.CheckpointEvaluation;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.SparkSession;

/**
 * Measures the model that a generation has trained beside the one in use, and decides.
 *
 * @param session measures
 * @param run the run of the generation, which has ended
 * @param hadoop how file systems are reached
 */
record Judgement(SparkSession session, GenerationRun run, Configuration hadoop) {

  /** What provenance says of the software. */
  private static final List<String> SOFTWARE = List.of("spark", "pytorch", "java");

  /** The verdict on a model whose training came to its end. */
  Verdict measured(ModelLine line, TokenManifest fresh) {
    GenerationPlan plan = run.plan();
    CheckpointEvaluation evaluation =
        new CheckpointEvaluation(session, new ConfigurationLoader(hadoop).load(run.evaluation()));
    List<String> ofNew = List.of(run.generation().tokens());
    List<String> ofOld =
        plan.ancestors().stream().map(number -> line.generation(number).tokens()).toList();
    List<Loss> losses = new ArrayList<>();
    if (plan.parent() > 0) {
      losses.add(loss(evaluation, Model.PARENT, ValidationSet.OLD, ofOld));
      losses.add(loss(evaluation, Model.PARENT, ValidationSet.NEW, ofNew));
      losses.add(loss(evaluation, Model.CANDIDATE, ValidationSet.OLD, ofOld));
    }
    losses.add(loss(evaluation, Model.CANDIDATE, ValidationSet.NEW, ofNew));
    Decision decision = Decision.of(losses, plan.settings().tolerance());
    return verdict(fresh, decision.outcome(), decision.reason(), losses);
  }

  /** The verdict on a model whose training diverged. */
  Verdict diverged(TokenManifest fresh) {
    String reason = "its training diverged, see %s/status.json".formatted(run.generation().run());
    return verdict(fresh, Outcome.DIVERGED, reason, List.of());
  }

  private Loss loss(
      CheckpointEvaluation evaluation, Model model, ValidationSet data, List<String> tokens) {
    String checkpoint = model == Model.PARENT ? run.plan().parentCheckpoint() : checkpoint();
    CheckpointEvaluation.Result result = evaluation.of(checkpoint, tokens);
    return new Loss(model, data, result.loss(), result.tokens());
  }

  private String checkpoint() {
    return run.generation().checkpoint(run.budget().steps());
  }

  private Verdict verdict(TokenManifest fresh, Outcome outcome, String reason, List<Loss> losses) {
    boolean diverged = outcome == Outcome.DIVERGED;
    return new Verdict(
        run.generation().number(),
        run.plan().parent(),
        outcome,
        reason,
        Instant.now().toString(),
        diverged ? "" : checkpoint(),
        run.budget().steps(),
        run.budget().uses(),
        losses,
        fresh.tokenizerSha256(),
        diverged ? Map.of() : versions());
  }

  private Map<String, String> versions() {
    Path folder = new Path(checkpoint());
    try {
      Map<String, String> provenance =
          CheckpointStore.readManifest(Location.fileSystem(folder, hadoop), folder).provenance();
      Map<String, String> versions = new TreeMap<>(provenance);
      versions.keySet().retainAll(SOFTWARE);
      return versions;
    } catch (IOException unreadable) {
      throw new UncheckedIOException("Cannot read checkpoint " + folder, unreadable);
    }
  }
}
