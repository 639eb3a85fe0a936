package normuon.job.config;

import java.io.Serializable;
import java.util.List;
import normuon.optimizer.MomentumRamp;
import normuon.optimizer.NorMuonOptions;

/**
 * Section {@code optimizer}. Every number but those of {@code adamw}, {@code sophia} and {@code
 * schedule} is for the hidden matrices that NorMuon or Muon orthogonalizes. A setting may leave its
 * value to the form: {@code preset}.
 *
 * @param name the rule for hidden matrices
 * @param form which published choices stand for {@code preset}
 * @param momentumAccumulation what the momentum is
 * @param momentumLookahead what is orthogonalized
 * @param momentum decay of the momentum per step
 * @param momentumSchedule how the momentum rises and falls
 * @param polarMethod the iteration that finds the polar factor
 * @param newtonSchulzSteps iterations of it
 * @param newtonSchulzPrecision the type it computes in
 * @param secondMomentAxis what NorMuon normalizes
 * @param secondMomentDecay decay of NorMuon's second moment per step
 * @param epsilon added to the root of NorMuon's second moment
 * @param scale how large an update is at learning rate 1
 * @param learningRate peak learning rate; forms differ in its scale
 * @param weightDecay the coefficient of weight decay
 * @param weightDecayReach which weights decay
 * @param weightDecayStrength how the decay follows the learning rate
 * @param gradientClip largest global norm of the raw gradient; 0 turns clipping off
 * @param maxRefusedSteps steps in a row with a gradient that is not finite which a run survives;
 *     none of them changes anything
 * @param groups parameters that a pattern of their names routes to a rule, in order, before their
 *     role does
 * @param adamw the rule for embedding, head and vectors
 * @param sophia the rule for every parameter, or for those of {@code groups}
 * @param schedule the course of both learning rates
 */
public record OptimizerSettings(
    Name name,
    Form form,
    MomentumAccumulation momentumAccumulation,
    MomentumLookahead momentumLookahead,
    @Interval("[0, 1)") DoubleOrPreset momentum,
    MomentumScheduleSettings momentumSchedule,
    PolarMethod polarMethod,
    @Interval("[1, 100]") IntegerOrPreset newtonSchulzSteps,
    Precision newtonSchulzPrecision,
    SecondMomentAxis secondMomentAxis,
    @Interval("[0, 1)") DoubleOrPreset secondMomentDecay,
    @Interval("(0, 1)") DoubleOrPreset epsilon,
    Scale scale,
    @Interval("(0, )") double learningRate,
    @Interval("[0, )") double weightDecay,
    WeightDecayReach weightDecayReach,
    WeightDecayStrength weightDecayStrength,
    @Interval("[0, )") double gradientClip,
    @MayChangeOnResume @Interval("[0, )") int maxRefusedSteps,
    List<GroupSettings> groups,
    AdamWSettings adamw,
    SophiaSettings sophia,
    ScheduleSettings schedule)
    implements Serializable {

  /** Keeps a copy of the list. */
  public OptimizerSettings {
    groups = List.copyOf(groups);
  }

  /** The momentum where it does not rise or fall. */
  public double peakMomentum() {
    return momentum.orElse(form.options().momentum().decay());
  }

  /** How it rises and falls. */
  public MomentumRamp momentumRamp() {
    return momentumSchedule.over(form.momentumRamp());
  }

  /** The rule for hidden matrices. */
  public enum Name {
    /** NorMuon; AdamW for what is not a hidden matrix. */
    NORMUON,
    /** Muon, which is NorMuon without its normalization; AdamW for what is not a hidden matrix. */
    MUON,
    /** AdamW for every parameter, with the numbers of {@code optimizer.adamw}. */
    ADAMW,
    /** Sophia-G for every parameter, with the numbers of {@code optimizer.sophia}. */
    SOPHIA_G,
    /** Sophia-H, likewise. */
    SOPHIA_H
  }

  /** Published choices, of {@code normuon.optimizer.NorMuonOptions}. */
  public enum Form {
    /** Algorithm 1 of the paper. */
    PAPER(NorMuonOptions.paper(), MomentumRamp.none()),
    /** The official repository: Nesterov momentum and a scale of its own. */
    OFFICIAL(NorMuonOptions.official(), MomentumRamp.none()),
    /** microsoft/dion: heavy-ball momentum, Polar Express, spectral scale. */
    DION(NorMuonOptions.dion(), MomentumRamp.none()),
    /**
     * modded-nanogpt: Polar Express, rows or columns, cautious decay tied to the learning rate,
     * momentum that rises and falls.
     */
    SPEEDRUN(NorMuonOptions.speedrun(), MomentumRamp.speedrun());

    private final NorMuonOptions options;
    private final MomentumRamp momentumRamp;

    Form(NorMuonOptions options, MomentumRamp momentumRamp) {
      this.options = options;
      this.momentumRamp = momentumRamp;
    }

    /** What {@code preset} stands for in the keys of {@code optimizer}. */
    public NorMuonOptions options() {
      return options;
    }

    /** What it stands for in those of {@code optimizer.momentum_schedule}. */
    public MomentumRamp momentumRamp() {
      return momentumRamp;
    }
  }

  /** What the momentum is. */
  public enum MomentumAccumulation {
    /** As the form says. */
    PRESET,
    /** The moving average of the gradients. */
    AVERAGE,
    /** Their decaying sum. */
    HEAVY_BALL
  }

  /** What is orthogonalized. */
  public enum MomentumLookahead {
    /** As the form says. */
    PRESET,
    /** The momentum. */
    NONE,
    /** Nesterov's mix of momentum and gradient. */
    NESTEROV
  }

  /** The iteration that finds the polar factor. */
  public enum PolarMethod {
    /** As the form says. */
    PRESET,
    /** The quintic Newton–Schulz iteration with Muon's fixed coefficients. */
    QUINTIC,
    /** Polar Express: other coefficients in every iteration. */
    POLAR_EXPRESS,
    /** The five tuned quintics of microsoft/dion. */
    DION5
  }

  /** The floating-point type of a computation. */
  public enum Precision {
    /** As the form says. */
    PRESET,
    /** IEEE single precision. */
    F32,
    /** bfloat16. */
    BF16
  }

  /** What NorMuon normalizes. */
  public enum SecondMomentAxis {
    /** As the form says. */
    PRESET,
    /** Rows. */
    ROWS,
    /** Rows, but columns of wide matrices. */
    ROWS_OR_COLUMNS
  }

  /** How large an update is, of a matrix of m rows and n columns. */
  public enum Scale {
    /** As the form says. */
    PRESET,
    /** A root mean square of 0.2. */
    PAPER,
    /** The norm of the polar factor times the root of max(1, m/n). */
    OFFICIAL,
    /** The norm of the polar factor times the root of m/n. */
    SPECTRAL,
    /** The norm of the polar factor times 0.2 and the root of max(m, n). */
    RMS,
    /** The norm of the polar factor. */
    NONE
  }

  /** Which weights decay. */
  public enum WeightDecayReach {
    /** As the form says. */
    PRESET,
    /** All. */
    DECOUPLED,
    /** Those that the update does not take away from zero. */
    CAUTIOUS
  }

  /** How the decay follows the learning rate. */
  public enum WeightDecayStrength {
    /** As the form says. */
    PRESET,
    /** Learning rate times coefficient. */
    LINEAR,
    /** Learning rate times learning rate times coefficient. */
    TIED_TO_LEARNING_RATE
  }
}
