package normuon.job.config;

import java.io.Serializable;
import java.util.List;

/**
 * Section {@code optimizer}. Every number but those of {@code adamw} and {@code schedule} is for
 * the hidden matrices that NorMuon orthogonalizes.
 *
 * @param name the rule for hidden matrices
 * @param form which published form of NorMuon
 * @param polarMethod the iteration that finds the polar factor
 * @param newtonSchulzSteps iterations of it
 * @param newtonSchulzPrecision the type it computes in
 * @param learningRate peak learning rate; forms differ in its scale
 * @param weightDecay decoupled weight decay
 * @param momentum decay of the momentum per step
 * @param momentumSchedule how the momentum rises and falls
 * @param secondMomentDecay decay of the row-wise second moment per step
 * @param epsilon added to the root of the second moment
 * @param gradientClip largest global norm of the raw gradient; 0 turns clipping off
 * @param maxRefusedSteps steps in a row with a gradient that is not finite which a run survives;
 *     none of them changes anything
 * @param groups parameters that a pattern of their names routes to a rule, in order, before their
 *     role does
 * @param adamw the rule for embedding, head and vectors
 * @param schedule the course of both learning rates
 */
public record OptimizerSettings(
    Name name,
    Form form,
    PolarMethod polarMethod,
    @Interval("[1, 100]") int newtonSchulzSteps,
    Precision newtonSchulzPrecision,
    @Interval("(0, )") double learningRate,
    @Interval("[0, )") double weightDecay,
    @Interval("[0, 1)") double momentum,
    MomentumScheduleSettings momentumSchedule,
    @Interval("[0, 1)") double secondMomentDecay,
    @Interval("(0, 1)") double epsilon,
    @Interval("[0, )") double gradientClip,
    @MayChangeOnResume @Interval("[0, )") int maxRefusedSteps,
    List<GroupSettings> groups,
    AdamWSettings adamw,
    ScheduleSettings schedule)
    implements Serializable {

  /** Keeps a copy of the list. */
  public OptimizerSettings {
    groups = List.copyOf(groups);
  }

  /** The rule for hidden matrices. */
  public enum Name {
    /** NorMuon; AdamW for what is not a hidden matrix. */
    NORMUON,
    /** AdamW for every parameter, with the numbers of {@code optimizer.adamw}. */
    ADAMW
  }

  /** The published form of NorMuon. */
  public enum Form {
    /** Algorithm 1 of the paper. */
    PAPER,
    /** The official repository: Nesterov momentum and a scale of its own. */
    OFFICIAL
  }

  /** The iteration that finds the polar factor. */
  public enum PolarMethod {
    /** The quintic Newton–Schulz iteration with Muon's fixed coefficients. */
    QUINTIC,
    /** Polar Express: other coefficients in every iteration. */
    POLAR_EXPRESS
  }

  /** The floating-point type of a computation. */
  public enum Precision {
    /** IEEE single precision. */
    F32,
    /** bfloat16. */
    BF16
  }
}
