package normuon.job.train;

import ai.djl.ndarray.NDManager;
import java.util.List;
import normuon.job.config.AdamWSettings;
import normuon.job.config.GroupSettings;
import normuon.job.config.MomentumScheduleSettings;
import normuon.job.config.OptimizerSettings;
import normuon.job.config.ScheduleSettings;
import normuon.optimizer.AdamW;
import normuon.optimizer.AdamWOptions;
import normuon.optimizer.BudgetPhase;
import normuon.optimizer.GradientClipping;
import normuon.optimizer.LearningRateSchedule;
import normuon.optimizer.MomentumSchedule;
import normuon.optimizer.NewtonSchulz;
import normuon.optimizer.NorMuon;
import normuon.optimizer.NorMuonForm;
import normuon.optimizer.NorMuonOptions;
import normuon.optimizer.OptimizerOperators;
import normuon.optimizer.ParameterGroup;
import normuon.optimizer.ParameterRouting;
import normuon.optimizer.ParameterUpdate;
import normuon.optimizer.PolarMethod;
import normuon.optimizer.Precision;
import normuon.optimizer.UpdateRule;
import normuon.torch.ParameterSpec;

/**
 * The rules of a step, made from the configuration.
 *
 * @param clipping of the raw gradients
 * @param norMuon the rule of hidden matrices
 * @param adamW the rule of all other parameters
 * @param update adds what a rule gives to the weights
 * @param schedule the course of the learning rates
 * @param momentum the course of the momentum
 */
record UpdateRules(
    GradientClipping clipping,
    NorMuon norMuon,
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
        new NorMuon(operators, norMuonOptions(settings)),
        new AdamW(operators, new AdamWOptions(adamW.beta1(), adamW.beta2(), adamW.epsilon())),
        new ParameterUpdate(operators),
        schedule(settings.schedule(), steps),
        momentum(settings, steps));
  }

  /** How the settings route parameters: by patterns of their names, then by their roles. */
  static ParameterRouting routing(OptimizerSettings settings) {
    AdamWSettings adamW = settings.adamw();
    ParameterGroup.Settings others =
        new ParameterGroup.Settings(UpdateRule.ADAMW, adamW.learningRate(), adamW.weightDecay());
    ParameterGroup.Settings matrices =
        switch (settings.name()) {
          case NORMUON ->
              new ParameterGroup.Settings(
                  UpdateRule.NORMUON, settings.learningRate(), settings.weightDecay());
          case ADAMW -> others;
        };
    return new ParameterRouting(
        settings.groups().stream().map(UpdateRules::pattern).toList(), matrices, others);
  }

  private static ParameterRouting.NamePattern pattern(GroupSettings group) {
    return new ParameterRouting.NamePattern(
        group.pattern(),
        new ParameterGroup.Settings(
            UpdateRule.valueOf(group.rule().name()), group.learningRate(), group.weightDecay()));
  }

  /** The orthogonalization that the settings ask for. */
  static NewtonSchulz newtonSchulz(OptimizerSettings settings) {
    return new NewtonSchulz(
        PolarMethod.valueOf(settings.polarMethod().name()),
        settings.newtonSchulzSteps(),
        Precision.valueOf(settings.newtonSchulzPrecision().name()));
  }

  private static NorMuonOptions norMuonOptions(OptimizerSettings settings) {
    return new NorMuonOptions(
        NorMuonForm.valueOf(settings.form().name()),
        newtonSchulz(settings),
        settings.momentum(),
        settings.secondMomentDecay(),
        settings.epsilon());
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

  private static MomentumSchedule momentum(OptimizerSettings settings, long steps) {
    MomentumScheduleSettings schedule = settings.momentumSchedule();
    return schedule.warmupSteps() + schedule.cooldownSteps() == 0
        ? MomentumSchedule.constant(settings.momentum())
        : MomentumSchedule.warmupCooldown(
            steps,
            schedule.lowest(),
            settings.momentum(),
            schedule.warmupSteps(),
            schedule.cooldownSteps());
  }
}
