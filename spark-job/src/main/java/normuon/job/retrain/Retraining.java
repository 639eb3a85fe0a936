package normuon.job.retrain;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import normuon.job.checkpoint.RunLease;
import normuon.job.config.ConfigurationSources;
import normuon.job.config.InvalidConfigurationException;
import normuon.job.config.RunConfiguration;
import normuon.job.data.SampleOrder;
import normuon.job.data.Split;
import normuon.job.data.TokenManifest;
import normuon.job.data.TokenManifest.Source;
import normuon.job.data.TooFewTokensException;
import normuon.job.lake.SourceGrowth;
import normuon.job.report.Status;
import normuon.job.retrain.Verdict.Outcome;
import normuon.job.train.RunTokens;
import org.apache.hadoop.conf.Configuration;

/**
 * Brings a line of models up to date: plans a generation of the rows that came since the model in
 * use, prepares them, trains, measures, and decides.
 *
 * <p>Every stage leaves a file that says it is done, and does nothing where it finds it. So a
 * retraining that was broken off goes on when it is run again, with the rows it began with.
 */
public final class Retraining {

  /** How far a retraining goes. */
  public enum Goal {
    /** The new rows are prepared; the next retraining trains on them. */
    PREPARED_ROWS,
    /** A model is trained and judged. */
    MODEL
  }

  private final Goal goal;
  private final RunConfiguration configuration;
  private final ConfigurationSources sources;
  private final ModelLine line;
  private final Trainer trainer;
  private final Consumer<String> notices;

  /**
   * Creates the retraining of a line.
   *
   * @param goal how far to go
   * @param configuration the settings
   * @param sources what they were made of
   * @param trainer trains, in a session that can read the sources
   * @param notices told, line by line, what is going on
   */
  public Retraining(
      Goal goal,
      RunConfiguration configuration,
      ConfigurationSources sources,
      ModelLine line,
      Trainer trainer,
      Consumer<String> notices) {
    this.goal = goal;
    this.configuration = configuration;
    this.sources = sources;
    this.line = line;
    this.trainer = trainer;
    this.notices = notices;
  }

  /**
   * Brings the line up to date.
   *
   * @param lease the right to write to its directory
   * @throws InvalidConfigurationException if the settings do not fit the line or the sources
   * @throws normuon.job.report.RunStoppedException if it breaks off
   */
  public RetrainResult run(RunLease lease) {
    Optional<Promotion> promoted = line.promoted();
    Optional<Generation> last = line.last();
    Optional<Verdict> decided = last.flatMap(Generation::verdict);
    if (decided.isPresent() && isUnfinishedPromotion(decided.get(), promoted)) {
      return promote(last.get(), promoted, decided.get(), lease);
    }
    lease.whenLost(trainer.session().sparkContext()::cancelAllJobs);
    boolean isOpen = last.isPresent() && decided.isEmpty();
    if (isOpen) {
      requireOpen(last.get().plan().orElseThrow(), promoted);
      notices.accept("Going on with " + last.get().path());
      return work(last.get(), promoted, lease);
    }
    List<Source> since = new Growth(trainer.session(), configuration).since(promoted);
    if (since.stream().allMatch(source -> source.snapshot().isEmpty())) {
      return nothingNew(promoted);
    }
    Generation next = line.generation(last.map(Generation::number).orElse(0) + 1);
    lease.requireHeld();
    next.begin(plan(next.number(), promoted, since));
    notices.accept("Beginning " + next.path());
    return work(next, promoted, lease);
  }

  private static boolean isUnfinishedPromotion(Verdict verdict, Optional<Promotion> promoted) {
    return verdict.outcome() == Outcome.PROMOTED
        && verdict.parent() == promoted.map(Promotion::generation).orElse(0);
  }

  /** Checks that a generation that is under way may go on with these settings. */
  private void requireOpen(GenerationPlan plan, Optional<Promotion> promoted) {
    String folder = line.generation(plan.generation()).path().toString();
    int parent = promoted.map(Promotion::generation).orElse(0);
    if (plan.parent() != parent) {
      throw new InvalidConfigurationException(
          "Cannot go on with %s: it was begun from generation %d, and %s names %d; delete it"
              .formatted(folder, plan.parent(), Promotion.FILE_NAME, parent));
    }
    if (!plan.isOf(configuration.data().sources())) {
      throw new InvalidConfigurationException(
          "Invalid data.sources: %s was begun with other columns or filters (%s); must be equal to go on, or delete that folder"
              .formatted(
                  folder,
                  plan.sources().stream().map(SourceText::of).collect(Collectors.joining("; "))));
    }
    if (!plan.isOf(configuration.retrain())) {
      throw new InvalidConfigurationException(
          "Invalid retrain: %s was begun with %s; must be equal to go on, or delete that folder"
              .formatted(folder, plan.settings()));
    }
  }

  private GenerationPlan plan(int number, Optional<Promotion> promoted, List<Source> since) {
    return new GenerationPlan(
        number,
        promoted.map(Promotion::generation).orElse(0),
        promoted.map(Promotion::descent).orElse(List.of()),
        promoted.map(Promotion::checkpoint).orElse(""),
        Instant.now().toString(),
        since,
        configuration.retrain());
  }

  private RetrainResult nothingNew(Optional<Promotion> promoted) {
    return new RetrainResult(
        Status.NO_NEW_DATA,
        0,
        "Nothing came to data.sources since generation %d was begun, which stays the model to use"
            .formatted(promoted.map(Promotion::generation).orElse(0)));
  }

  private RetrainResult work(Generation generation, Optional<Promotion> promoted, RunLease lease) {
    GenerationPlan plan = generation.plan().orElseThrow();
    TokenManifest fresh;
    try {
      fresh =
          RunTokens.prepare(trainer.session(), configuration, plan.sources(), generation.tokens());
    } catch (TooFewTokensException tooFew) {
      return wait(generation, promoted, lease, tooFew);
    }
    requireTokenizer(fresh, promoted);
    TrainingBudget budget = budget(generation, plan, fresh);
    if (goal == Goal.PREPARED_ROWS) {
      return prepared(generation, fresh);
    }
    GenerationRun run = new GenerationRun(sources, generation, plan, budget);
    notices.accept(announcement(budget));
    int code = trainer.train(run.training());
    lease.requireHeld();
    if (code != 0 && code != Status.DIVERGED.exitCode()) {
      return brokenOff(generation, code);
    }
    Configuration hadoop = trainer.session().sparkContext().hadoopConfiguration();
    Judgement judgement = new Judgement(trainer.session(), run, hadoop);
    Verdict verdict = code == 0 ? judgement.measured(line, fresh) : judgement.diverged(fresh);
    lease.requireHeld();
    generation.decide(verdict);
    return verdict.outcome() == Outcome.PROMOTED
        ? promote(generation, promoted, verdict, lease)
        : notPromoted(verdict);
  }

  private static RetrainResult prepared(Generation generation, TokenManifest fresh) {
    return new RetrainResult(
        Status.PREPARED,
        0,
        "Generation %d has %,d tokens to train on and %,d to measure by, in %s"
            .formatted(
                generation.number(),
                fresh.tokens(Split.TRAIN),
                fresh.tokens(Split.VALIDATION),
                generation.tokens()));
  }

  /** A few rows more will do; until then it is as if none had come. */
  private RetrainResult wait(
      Generation generation,
      Optional<Promotion> promoted,
      RunLease lease,
      TooFewTokensException tooFew) {
    if (promoted.isEmpty()) {
      lease.requireHeld();
      generation.discard();
      throw tooFew;
    }
    lease.requireHeld();
    generation.discard();
    return new RetrainResult(
        Status.NO_NEW_DATA,
        0,
        "Too little came so far, and waits for more: " + tooFew.getMessage());
  }

  private static void requireTokenizer(TokenManifest fresh, Optional<Promotion> promoted) {
    promoted
        .map(Promotion::tokenizerSha256)
        .filter(sha256 -> !sha256.equals(fresh.tokenizerSha256()))
        .ifPresent(
            sha256 -> {
              throw new InvalidConfigurationException(
                  "Invalid data.tokenizer = %s: its SHA-256 is %s; must be that of the promoted model, %s"
                      .formatted(fresh.tokenizer().name(), fresh.tokenizerSha256(), sha256));
            });
  }

  private TrainingBudget budget(Generation generation, GenerationPlan plan, TokenManifest fresh) {
    TrainingData data = data(generation, fresh);
    if (plan.parent() == 0) {
      return TrainingBudget.ofFirst(configuration.train(), data);
    }
    List<TrainingData> old = new ArrayList<>();
    for (int ancestor : plan.ancestors()) {
      Generation before = line.generation(ancestor);
      old.add(data(before, PreparedTokens.of(before)));
    }
    return TrainingBudget.of(
        plan.settings(),
        configuration.train().sequencesPerStep(),
        configuration.model().context(),
        old,
        data);
  }

  private TrainingData data(Generation generation, TokenManifest manifest) {
    return new TrainingData(
        generation.number(),
        generation.tokens(),
        new SampleOrder(
                manifest.tokens(Split.TRAIN),
                configuration.model().context(),
                configuration.train().seed())
            .sequencesPerEpoch());
  }

  private static String announcement(TrainingBudget budget) {
    List<String> parts =
        budget.uses().stream()
            .map(
                use ->
                    "%,d sequences of generation %d (%.2f epochs)"
                        .formatted(use.sequences(), use.generation(), use.epochs()))
            .toList();
    return "%,d steps on %s".formatted(budget.steps(), String.join(", ", parts));
  }

  private static RetrainResult brokenOff(Generation generation, int code) {
    Status status =
        Arrays.stream(Status.values())
            .filter(known -> known.exitCode() == code)
            .findFirst()
            .orElse(Status.RETRYABLE);
    return new RetrainResult(
        status,
        0,
        "Generation %d is unfinished: its training ended with %s, see %s/status.json"
            .formatted(generation.number(), status, generation.run()));
  }

  private RetrainResult notPromoted(Verdict verdict) {
    boolean diverged = verdict.outcome() == Outcome.DIVERGED;
    return new RetrainResult(
        diverged ? Status.DIVERGED : Status.NOT_PROMOTED,
        verdict.steps(),
        "Generation %d is not promoted, %s; %s"
            .formatted(
                verdict.generation(),
                verdict.parent() == 0
                    ? "no model is in use"
                    : "generation " + verdict.parent() + " stays the model to use",
                verdict.reason()));
  }

  private RetrainResult promote(
      Generation generation, Optional<Promotion> promoted, Verdict verdict, RunLease lease) {
    GenerationPlan plan = generation.plan().orElseThrow();
    List<Source> read = new ArrayList<>();
    for (int i = 0; i < plan.sources().size(); i++) {
      Source since = plan.sources().get(i);
      int index = i;
      read.add(
          promoted
              .map(before -> SourceGrowth.together(before.sources().get(index), since))
              .orElse(since));
    }
    lease.requireHeld();
    line.promote(
        new Promotion(
            generation.number(),
            plan.parent(),
            plan.ancestors(),
            generation.run(),
            verdict.checkpoint(),
            verdict.tokenizerSha256(),
            read,
            verdict.losses(),
            verdict.decided(),
            verdict.versions()));
    return new RetrainResult(
        Status.PROMOTED,
        verdict.steps(),
        "Generation %d is the model to use, %s; %s"
            .formatted(generation.number(), verdict.checkpoint(), verdict.reason()));
  }
}
