package normuon.job.train;

import ai.djl.ndarray.NDManager;
import java.util.List;
import normuon.job.config.AdamWSettings;
import normuon.job.config.OptimizerSettings;
import normuon.job.config.ScheduleSettings;
import normuon.optimizer.AdamW;
import normuon.optimizer.AdamWOptions;
import normuon.optimizer.GradientClipping;
import normuon.optimizer.LearningRateSchedule;
import normuon.optimizer.MatrixRule;
import normuon.optimizer.Muon;
import normuon.optimizer.NorMuon;
import normuon.optimizer.NorMuonOptions;
import normuon.optimizer.OptimizerOperators;
import normuon.optimizer.ParameterGroup;
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
 */
record UpdateRules(
    GradientClipping clipping,
    MatrixRule matrices,
    AdamW adamW,
    ParameterUpdate update,
    LearningRateSchedule schedule) {

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
        schedule(settings.schedule(), steps));
  }

  /** Which parameters the matrix rule updates, and which AdamW. */
  static List<ParameterGroup> groups(OptimizerSettings settings, List<ParameterSpec> parameters) {
    AdamWSettings adamW = settings.adamw();
    ParameterGroup.Settings others =
        new ParameterGroup.Settings(UpdateRule.ADAMW, adamW.learningRate(), adamW.weightDecay());
    ParameterGroup.Settings matrices =
        switch (settings.name()) {
          case NORMUON -> matrices(UpdateRule.NORMUON, settings);
          case MUON -> matrices(UpdateRule.MUON, settings);
          case ADAMW -> others;
        };
    return ParameterGroup.byRole(parameters, matrices, others);
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
      case COSINE ->
          LearningRateSchedule.cosine(steps, settings.warmupSteps(), settings.finalFraction());
      case WARMUP_STABLE_DECAY ->
          LearningRateSchedule.warmupStableDecay(
              steps, settings.warmupSteps(), settings.decayFraction(), settings.finalFraction());
    };
  }
}
