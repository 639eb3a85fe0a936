package normuon.job.config;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import normuon.model.GptConfiguration;
import normuon.model.hub.HubConfiguration;
import normuon.optimizer.MomentumRamp;

/** What must hold between settings, each of which is allowed by itself. */
final class ConfigurationRules {

  /** So that products of it and of a weight are 64-bit numbers. */
  private static final long LARGEST_PERIOD = 9_000_000_000L;

  private static final String SOPHIA_H = OptimizerSettings.Name.SOPHIA_H.name();

  private final Map<String, Setting> settings;

  ConfigurationRules(Map<String, Setting> settings) {
    this.settings = settings;
  }

  /**
   * Checks every rule.
   *
   * @throws InvalidConfigurationException for the first that does not hold
   */
  void check(RunConfiguration configuration) {
    checkPaths(configuration);
    checkModel(configuration.model());
    checkTraining(configuration.train());
    checkWeights(configuration);
    checkRecovery(configuration);
    checkSchedule(configuration.optimizer().schedule(), configuration.train().steps());
    checkMomentum(configuration.optimizer(), configuration.train().steps());
    checkGroups(configuration.optimizer());
    checkBlocks(configuration.optimizer().groups());
    checkSophia(configuration.optimizer());
    checkRetraining(configuration.retrain());
    checkTrackers(configuration.report());
  }

  private void checkTrackers(ReportSettings report) {
    Location.of(report.tensorboardDirectory().isEmpty() ? "." : report.tensorboardDirectory());
    require(
        report.mlflowTrackingUri().isEmpty() || isWebAddress(report.mlflowTrackingUri()),
        "report.mlflow_tracking_uri",
        "must be empty or an address that begins with http:// or https://");
    require(!report.mlflowExperiment().isBlank(), "report.mlflow_experiment", "must not be empty");
  }

  private static boolean isWebAddress(String text) {
    try {
      URI address = new URI(text);
      return List.of("http", "https").contains(address.getScheme()) && address.getHost() != null;
    } catch (URISyntaxException malformed) {
      return false;
    }
  }

  /**
   * Checks what need not hold for a run that an older version began.
   *
   * @throws InvalidConfigurationException if it does not hold
   */
  void checkExport(RunConfiguration configuration) {
    require(
        configuration.export().huggingFace() == ExportSettings.HuggingFace.OPTIONAL
            || HubConfiguration.canExpress(
                GptConfiguration.Mlp.valueOf(configuration.model().mlp().name())),
        "model.mlp",
        "must be swiglu, as in Llama and Qwen3, where export.hugging_face is %s",
        "export.hugging_face");
  }

  private void checkPaths(RunConfiguration configuration) {
    DataSettings data = configuration.data();
    require(!configuration.run().directory().isBlank(), "run.directory", "must not be empty");
    require(!data.path().isBlank(), "data.path", "must not be empty");
    require(
        !data.path().equals(DataSettings.SAMPLE) || data.format() == DataSettings.Format.AUTO,
        "data.format",
        "must be auto where data.path is %s",
        "data.path");
    configuration.runDirectory();
    configuration.tokensDirectory();
    checkSources(data);
    checkMixture(data);
  }

  private void checkMixture(DataSettings data) {
    if (data.mixture().isEmpty()) {
      return;
    }
    require(
        data.path().equals(DataSettings.SAMPLE),
        "data.mixture",
        "must be [] where data.path is %s",
        "data.path");
    require(
        data.sources().isEmpty(),
        "data.mixture",
        "must be [] where data.sources is %s",
        "data.sources");
    require(
        data.mixture().stream().noneMatch(part -> part.tokensDirectory().isBlank()),
        "data.mixture",
        "must have a tokens_directory in each entry");
    require(
        data.mixture().stream().mapToLong(MixtureSettings::weight).sum() <= LARGEST_PERIOD,
        "data.mixture",
        "must have weights that add up to at most " + LARGEST_PERIOD);
  }

  private void checkSources(DataSettings data) {
    require(
        data.sources().isEmpty() || data.path().equals(DataSettings.SAMPLE),
        "data.sources",
        "must be [] where data.path is %s",
        "data.path");
    require(
        data.documents().maximumCharacters() == 0
            || data.documents().maximumCharacters() >= data.documents().minimumCharacters(),
        "data.documents.maximum_characters",
        "must be at least data.documents.minimum_characters %s, or 0 for no limit",
        "data.documents.minimum_characters");
    SourceRules.check(data.sources());
    require(
        data.sources().stream().mapToLong(SourceSettings::weight).sum() <= LARGEST_PERIOD,
        "data.sources",
        "must have weights that add up to at most " + LARGEST_PERIOD);
    require(
        !data.isWeighted() || data.tokenizer() != DataSettings.Tokenizer.CHAR,
        "data.tokenizer",
        "must be byte, gpt2 or hugging_face where data.sources have weights, as each is tokenized by itself");
    boolean isFromFile = data.tokenizer() == DataSettings.Tokenizer.HUGGING_FACE;
    require(
        isFromFile != data.tokenizerFile().isBlank(),
        "data.tokenizer_file",
        "must name a tokenizer.json where data.tokenizer is hugging_face, and only there; it is %s",
        "data.tokenizer");
  }

  private void checkModel(ModelSettings model) {
    require(model.headWidth() % 2 == 0, "model.head_width", "must be even, for rotary positions");
    require(
        model.headWidth() > 0 || model.width() % model.heads() == 0,
        "model.heads",
        "must divide model.width %s where model.head_width is %s",
        "model.width",
        "model.head_width");
    require(
        model.headWidth() > 0 || model.width() / model.heads() % 2 == 0,
        "model.heads",
        "must leave each head an even share of model.width %s, for rotary positions",
        "model.width");
    require(
        model.heads() % model.effectiveKeyValueHeads() == 0,
        "model.key_value_heads",
        "must divide model.heads %s",
        "model.heads");
  }

  private void checkTraining(TrainSettings train) {
    require(
        train.ranks() <= train.sequencesPerStep(),
        "train.ranks",
        "must be at most train.sequences_per_step %s, so that every rank has a sequence",
        "train.sequences_per_step");
    require(
        train.microBatchSequences() <= train.sequencesPerStep(),
        "train.micro_batch_sequences",
        "must be at most train.sequences_per_step %s",
        "train.sequences_per_step");
  }

  private void checkWeights(RunConfiguration configuration) {
    WeightsSettings weights = configuration.weights();
    int ranks = configuration.train().ranks();
    require(
        weights.isSharded() || weights.shardGroup() == 0,
        "weights.shard_group",
        "must be 0 where weights.layout is %s",
        "weights.layout");
    require(
        weights.shardGroup() <= ranks,
        "weights.shard_group",
        "must be at most train.ranks %s, or 0 for all of them",
        "train.ranks");
    require(
        weights.shardGroup() == 0 || ranks % weights.shardGroup() == 0,
        "weights.shard_group",
        "must divide train.ranks %s, or be 0 for all of them",
        "train.ranks");
    require(
        weights.keepGatheredBlocks() <= configuration.model().layers(),
        "weights.keep_gathered_blocks",
        "must be at most model.layers %s",
        "model.layers");
    require(
        !weights.isSharded() || !rules(configuration.optimizer()).contains(SOPHIA_H),
        "weights.layout",
        "must be replicated where optimizer.name or the rule of a group is sophia_h, which needs"
            + " all weights at once; sophia_g does not");
    require(
        configuration.train().verifyReplicasEverySteps() == 0
            || ranks == 1
            || weights.hasReplicas(ranks),
        "train.verify_replicas_every_steps",
        "must be 0 where weights.layout is %s and weights.shard_group %s, as no weight is held"
            + " twice",
        "weights.layout",
        "weights.shard_group");
  }

  private void checkRecovery(RunConfiguration configuration) {
    require(
        configuration.recovery().minimumRanks() <= configuration.train().ranks(),
        "recovery.minimum_ranks",
        "must be at most train.ranks %s",
        "train.ranks");
  }

  private void checkSchedule(ScheduleSettings schedule, int steps) {
    require(
        schedule.name() != ScheduleSettings.Name.WARMUP_STABLE_DECAY
            || schedule.warmupSteps() + schedule.decayFraction() * steps <= steps,
        "optimizer.schedule.decay_fraction",
        "must leave room for optimizer.schedule.warmup_steps %s",
        "optimizer.schedule.warmup_steps");
    require(
        schedule.phases().isEmpty()
            || schedule.name() == ScheduleSettings.Name.UNIFIED_BUDGET_AWARE,
        "optimizer.schedule.phases",
        "must be [] where optimizer.schedule.name is %s",
        "optimizer.schedule.name");
    double shares = schedule.phases().stream().mapToDouble(PhaseSettings::share).sum();
    require(
        schedule.phases().isEmpty() || Math.abs(shares - 1) < 1e-9,
        "optimizer.schedule.phases",
        "must have shares that add up to 1");
  }

  /** A run has the state of one rule for matrices. */
  private void checkGroups(OptimizerSettings optimizer) {
    GroupSettings.Rule matrices =
        optimizer.name() == OptimizerSettings.Name.MUON
            ? GroupSettings.Rule.MUON
            : GroupSettings.Rule.NORMUON;
    Set<GroupSettings.Rule> matrixRules =
        Set.of(GroupSettings.Rule.NORMUON, GroupSettings.Rule.MUON);
    require(
        optimizer.groups().stream()
            .allMatch(group -> group.rule() == matrices || !matrixRules.contains(group.rule())),
        "optimizer.groups",
        "must have rules "
            + ConfigurationKey.text(matrices)
            + ", adamw, sophia_g and sophia_h where optimizer.name is %s",
        "optimizer.name");
  }

  /** Blocks are orthogonalized, each by itself. */
  private void checkBlocks(List<GroupSettings> groups) {
    require(
        groups.stream().allMatch(group -> group.rowBlocks() == 1 || group.columnBlocks() == 1),
        "optimizer.groups",
        "must have 1 for row_blocks or for column_blocks in each entry");
    Set<GroupSettings.Rule> orthogonalizing =
        EnumSet.of(GroupSettings.Rule.NORMUON, GroupSettings.Rule.MUON);
    require(
        groups.stream()
            .filter(group -> !orthogonalizing.contains(group.rule()))
            .allMatch(group -> group.rowBlocks() == 1 && group.columnBlocks() == 1),
        "optimizer.groups",
        "must have 1 for row_blocks and column_blocks where rule is not normuon or muon");
  }

  /** A run has one estimate of the curvature. */
  private void checkSophia(OptimizerSettings optimizer) {
    Set<String> names = rules(optimizer);
    require(
        !names.contains(OptimizerSettings.Name.SOPHIA_G.name()) || !names.contains(SOPHIA_H),
        "optimizer.groups",
        "must not bring sophia_g and sophia_h together where optimizer.name is %s",
        "optimizer.name");
  }

  /** The names of all rules that a run uses, beside those of {@code optimizer.adamw}. */
  private static Set<String> rules(OptimizerSettings optimizer) {
    return Stream.concat(
            Stream.of(optimizer.name().name()),
            optimizer.groups().stream().map(group -> group.rule().name()))
        .collect(Collectors.toSet());
  }

  private void checkRetraining(RetrainSettings retrain) {
    require(
        retrain.tokens() > 0 != retrain.epochsOfNewData() > 0,
        "retrain.epochs_of_new_data",
        "must be above 0 where retrain.tokens is 0, and only there; retrain.tokens is %s",
        "retrain.tokens");
  }

  private void checkMomentum(OptimizerSettings optimizer, int steps) {
    MomentumRamp ramp = optimizer.momentumRamp();
    require(
        ramp.steps() == 0 || ramp.lowest() <= optimizer.peakMomentum(),
        "optimizer.momentum_schedule.lowest",
        "must be at most optimizer.momentum %s, and they are "
            + ramp.lowest()
            + " and "
            + optimizer.peakMomentum(),
        "optimizer.momentum");
    require(
        ramp.steps() <= steps,
        "optimizer.momentum_schedule.warmup_steps",
        "must leave room for optimizer.momentum_schedule.cooldown_steps %s in train.steps %s, and"
            + " they are "
            + ramp.warmupSteps()
            + " and "
            + ramp.cooldownSteps()
            + "; 0 turns either off",
        "optimizer.momentum_schedule.cooldown_steps",
        "train.steps");
  }

  /**
   * Requires a condition on a key.
   *
   * @param rule what must hold; each {@code %s} stands for the value of one of {@code others}
   */
  private void require(boolean holds, String key, String rule, String... others) {
    if (!holds) {
      Object[] values = new Object[others.length];
      for (int index = 0; index < others.length; index++) {
        values[index] = settings.get(others[index]);
      }
      throw new InvalidConfigurationException(
          "Invalid " + key + " " + settings.get(key) + ": " + rule.formatted(values));
    }
  }
}
