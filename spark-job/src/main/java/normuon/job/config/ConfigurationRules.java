package normuon.job.config;

import java.util.Map;

/** What must hold between settings, each of which is allowed by itself. */
final class ConfigurationRules {

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
    checkRecovery(configuration);
    checkSchedule(configuration.optimizer().schedule(), configuration.train().steps());
    checkMomentum(configuration.optimizer(), configuration.train().steps());
    checkGroups(configuration.optimizer());
  }

  private void checkPaths(RunConfiguration configuration) {
    DataSettings data = configuration.data();
    require(!configuration.run().directory().isBlank(), "run.directory", "must not be empty");
    require(!data.path().isBlank(), "data.path", "must not be empty");
    require(
        !data.isSample() || data.format() == DataSettings.Format.AUTO,
        "data.format",
        "must be auto where data.path is %s",
        "data.path");
    configuration.runDirectory();
    configuration.tokensDirectory();
  }

  private void checkModel(ModelSettings model) {
    require(
        model.width() % model.heads() == 0,
        "model.heads",
        "must divide model.width %s",
        "model.width");
    require(
        model.width() / model.heads() % 2 == 0,
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
    require(
        optimizer.groups().stream()
            .allMatch(
                group -> group.rule() == matrices || group.rule() == GroupSettings.Rule.ADAMW),
        "optimizer.groups",
        "must have rules "
            + ConfigurationKey.text(matrices)
            + " and adamw where optimizer.name is %s",
        "optimizer.name");
  }

  private void checkMomentum(OptimizerSettings optimizer, int steps) {
    MomentumScheduleSettings schedule = optimizer.momentumSchedule();
    long changing = (long) schedule.warmupSteps() + schedule.cooldownSteps();
    require(
        changing == 0 || schedule.lowest() <= optimizer.momentum().orElse(1),
        "optimizer.momentum_schedule.lowest",
        "must be at most optimizer.momentum %s",
        "optimizer.momentum");
    require(
        changing <= steps,
        "optimizer.momentum_schedule.warmup_steps",
        "must leave room for optimizer.momentum_schedule.cooldown_steps %s in train.steps %s",
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
