package normuon.job.train;

import ai.djl.ndarray.NDManager;
import java.util.List;
import normuon.job.config.AdamWSettings;
import normuon.job.config.GroupSettings;
import normuon.job.config.OptimizerSettings;
import normuon.job.config.RunConfiguration;
import normuon.job.config.ScheduleSettings;
import normuon.job.config.SophiaSettings;
import normuon.job.config.TrainSettings;
import normuon.optimizer.AdamW;
import normuon.optimizer.AdamWOptions;
import normuon.optimizer.BudgetPhase;
import normuon.optimizer.ElementRule;
import normuon.optimizer.GradientClipping;
import normuon.optimizer.LearningRateSchedule;
import normuon.optimizer.MatrixBlocks;
import normuon.optimizer.MatrixRule;
import normuon.optimizer.MomentumSchedule;
import normuon.optimizer.Muon;
import normuon.optimizer.NorMuon;
import normuon.optimizer.NorMuonOptions;
import normuon.optimizer.OptimizerOperators;
import normuon.optimizer.ParameterGroup;
import normuon.optimizer.ParameterRouting;
import normuon.optimizer.ParameterUpdate;
import normuon.optimizer.Sophia;
import normuon.optimizer.SophiaOptions;
import normuon.optimizer.UpdateRule;
import normuon.optimizer.UpdateStatistics;
import normuon.torch.ParameterSpec;

/**
 * The rules of a step, made from the configuration.
 *
 * @param clipping of the raw gradients
 * @param matrices the rule of hidden matrices
 * @param adamW the rule of all other parameters
 * @param sophia the rule of those that the configuration gives it, if any
 * @param update adds what a rule gives to the weights
 * @param schedule the course of the learning rates
 * @param momentum the course of the momentum
 * @param statistics measures what the rules do
 */
record UpdateRules(
    GradientClipping clipping,
    MatrixRule matrices,
    AdamW adamW,
    Sophia sophia,
    ParameterUpdate update,
    LearningRateSchedule schedule,
    MomentumSchedule momentum,
    UpdateStatistics statistics) {

  /**
   * Makes the rules.
   *
   * @param manager their native operators close with it
   * @param configuration the run's configuration
   * @param parameters the model's parameters in its order
   */
  static UpdateRules of(
      NDManager manager, RunConfiguration configuration, List<ParameterSpec> parameters) {
    OptimizerSettings settings = configuration.optimizer();
    TrainSettings train = configuration.train();
    long tokensPerStep = (long) train.sequencesPerStep() * configuration.model().context();
    OptimizerOperators operators = OptimizerOperators.load(manager);
    AdamWSettings adamW = settings.adamw();
    return new UpdateRules(
        new GradientClipping(operators, parameters, settings.gradientClip()),
        matrixRule(operators, settings),
        new AdamW(operators, new AdamWOptions(adamW.beta1(), adamW.beta2(), adamW.epsilon())),
        new Sophia(operators, sophia(settings, tokensPerStep)),
        new ParameterUpdate(operators),
        schedule(settings.schedule(), train.steps()),
        settings.momentumRamp().schedule(settings.peakMomentum(), train.steps()),
        new UpdateStatistics(operators));
  }

  private static SophiaOptions sophia(OptimizerSettings settings, long tokensPerStep) {
    SophiaSettings sophia = settings.sophia();
    boolean hutchinson =
        settings.name() == OptimizerSettings.Name.SOPHIA_H
            || settings.groups().stream()
                .anyMatch(group -> group.rule() == GroupSettings.Rule.SOPHIA_H);
    return hutchinson
        ? SophiaOptions.hutchinson(
            sophia.beta1(), sophia.beta2(), sophia.gamma(), sophia.refreshEvery())
        : SophiaOptions.gaussNewtonBartlett(
            sophia.beta1(), sophia.beta2(), sophia.rho(), tokensPerStep, sophia.refreshEvery());
  }

  /** The rule of what is not orthogonalized. */
  ElementRule elements(UpdateRule rule) {
    return rule.estimatesCurvature() ? sophia : adamW;
  }

  /** How the settings route parameters: by patterns of their names, then by their roles. */
  static ParameterRouting routing(OptimizerSettings settings) {
    ParameterGroup.Settings others = others(settings);
    ParameterGroup.Settings matrices =
        switch (settings.name()) {
          case NORMUON -> matrices(UpdateRule.NORMUON, settings);
          case MUON -> matrices(UpdateRule.MUON, settings);
          case ADAMW, SOPHIA_G, SOPHIA_H -> others;
        };
    return new ParameterRouting(
        settings.groups().stream().map(UpdateRules::pattern).toList(), matrices, others);
  }

  private static ParameterGroup.Settings others(OptimizerSettings settings) {
    AdamWSettings adamW = settings.adamw();
    SophiaSettings sophia = settings.sophia();
    return switch (settings.name()) {
      case NORMUON, MUON, ADAMW ->
          new ParameterGroup.Settings(UpdateRule.ADAMW, adamW.learningRate(), adamW.weightDecay());
      case SOPHIA_G, SOPHIA_H ->
          new ParameterGroup.Settings(
              UpdateRule.valueOf(settings.name().name()),
              sophia.learningRate(),
              sophia.weightDecay());
    };
  }

  private static ParameterRouting.NamePattern pattern(GroupSettings group) {
    return new ParameterRouting.NamePattern(
        group.pattern(),
        new ParameterGroup.Settings(
            UpdateRule.valueOf(group.rule().name()),
            group.learningRate(),
            group.weightDecay(),
            new MatrixBlocks(group.rowBlocks(), group.columnBlocks())));
  }

  private static ParameterGroup.Settings matrices(UpdateRule rule, OptimizerSettings settings) {
    return new ParameterGroup.Settings(rule, settings.learningRate(), settings.weightDecay());
  }

  /** Where AdamW or Sophia updates every parameter, the rule has no matrices to update. */
  private static MatrixRule matrixRule(OptimizerOperators operators, OptimizerSettings settings) {
    NorMuonOptions options = MatrixOptions.of(settings);
    return switch (settings.name()) {
      case NORMUON, ADAMW, SOPHIA_G, SOPHIA_H -> new NorMuon(operators, options);
      case MUON -> new Muon(operators, options.withoutNormalization());
    };
  }

  private static LearningRateSchedule schedule(ScheduleSettings settings, long steps) {
    return switch (settings.name()) {
      case CONSTANT -> LearningRateSchedule.constant(settings.warmupSteps());
      case LINEAR ->
          LearningRateSchedule.linear(steps, settings.warmupSteps(), settings.finalFraction());
      case INVERSE_SQUARE_ROOT -> LearningRateSchedule.inverseSquareRoot(settings.warmupSteps());
      case UNIFIED_BUDGET_AWARE ->
          LearningRateSchedule.unifiedBudgetAware(steps, settings.warmupSteps(), phases(settings));
      case COSINE ->
          LearningRateSchedule.cosine(steps, settings.warmupSteps(), settings.finalFraction());
      case WARMUP_STABLE_DECAY ->
          LearningRateSchedule.warmupStableDecay(
              steps, settings.warmupSteps(), settings.decayFraction(), settings.finalFraction());
    };
  }

  private static List<BudgetPhase> phases(ScheduleSettings settings) {
    return settings.phases().isEmpty()
        ? List.of(new BudgetPhase(1, settings.phi(), 1, settings.finalFraction()))
        : settings.phases().stream()
            .map(
                phase ->
                    new BudgetPhase(
                        phase.share(), phase.phi(), phase.firstFraction(), phase.finalFraction()))
            .toList();
  }
}
