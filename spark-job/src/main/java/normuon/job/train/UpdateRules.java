package normuon.job.train;

import ai.djl.ndarray.NDManager;
import java.util.List;
import normuon.job.config.AdamWSettings;
import normuon.job.config.GroupSettings;
import normuon.job.config.OptimizerSettings;
import normuon.job.config.ScheduleSettings;
import normuon.optimizer.AdamW;
import normuon.optimizer.AdamWOptions;
import normuon.optimizer.BudgetPhase;
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
import normuon.optimizer.UpdateRule;
import normuon.torch.ParameterSpec;

/**
 * The rules of a step, made from the configuration.
 *
 * @param clipping of the raw gradients
 * @param matrices the rule of hidden matrices
 * @param adamW the rule of all other parameters
 * @param update adds what a rule gives to the weights
 * @param schedule the course of the learning rates
 * @param momentum the course of the momentum
 */
record UpdateRules(
    GradientClipping clipping,
    MatrixRule matrices,
    AdamW adamW,
    ParameterUpdate update,
    LearningRateSchedule schedule,
    MomentumSchedule momentum) {

  /**
   * Makes the rules.
   *
   * @param manager their native operators close with it
   * @param settings section {@code optimizer}
   * @param steps steps of the whole run
   * @param parameters the model's parameters in its order
   */
  static UpdateRules of(
      NDManager manager, OptimizerSettings settings, long steps, List<ParameterSpec> parameters) {
    OptimizerOperators operators = OptimizerOperators.load(manager);
    AdamWSettings adamW = settings.adamw();
    return new UpdateRules(
        new GradientClipping(operators, parameters, settings.gradientClip()),
        matrixRule(operators, settings),
        new AdamW(operators, new AdamWOptions(adamW.beta1(), adamW.beta2(), adamW.epsilon())),
        new ParameterUpdate(operators),
        schedule(settings.schedule(), steps),
        settings.momentumRamp().schedule(settings.peakMomentum(), steps));
  }

  /** How the settings route parameters: by patterns of their names, then by their roles. */
  static ParameterRouting routing(OptimizerSettings settings) {
    AdamWSettings adamW = settings.adamw();
    ParameterGroup.Settings others =
        new ParameterGroup.Settings(UpdateRule.ADAMW, adamW.learningRate(), adamW.weightDecay());
    ParameterGroup.Settings matrices =
        switch (settings.name()) {
          case NORMUON -> matrices(UpdateRule.NORMUON, settings);
          case MUON -> matrices(UpdateRule.MUON, settings);
          case ADAMW -> others;
        };
    return new ParameterRouting(
        settings.groups().stream().map(UpdateRules::pattern).toList(), matrices, others);
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

  /** Where AdamW updates every parameter, the rule has no matrices to update. */
  private static MatrixRule matrixRule(OptimizerOperators operators, OptimizerSettings settings) {
    NorMuonOptions options = MatrixOptions.of(settings);
    return switch (settings.name()) {
      case NORMUON, ADAMW -> new NorMuon(operators, options);
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
