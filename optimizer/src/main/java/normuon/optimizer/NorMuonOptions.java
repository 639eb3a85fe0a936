package normuon.optimizer;

/**
 * The choices of {@link NorMuon}, and those that have been published.
 *
 * <table>
 * <caption>What the presets choose</caption>
 * <tr><th></th><th>{@link #paper}</th><th>{@link #official}</th><th>{@link #dion}</th>
 * <th>{@link #speedrun}</th></tr>
 * <tr><td>momentum 0.95</td><td>average</td><td>average</td><td>heavy ball</td>
 * <td>average</td></tr>
 * <tr><td>lookahead</td><td>none</td><td>Nesterov</td><td>none</td><td>Nesterov</td></tr>
 * <tr><td>polar factor, 5 steps</td><td>quintic</td><td>quintic</td><td>Polar Express</td>
 * <td>Polar Express</td></tr>
 * <tr><td>second moment 0.95</td><td>rows</td><td>rows</td><td>rows</td>
 * <td>rows or columns</td></tr>
 * <tr><td>ε</td><td>1e-10</td><td>1e-10</td><td>1e-8</td><td>1e-10</td></tr>
 * <tr><td>scale</td><td>paper</td><td>official</td><td>spectral</td><td>official</td></tr>
 * <tr><td>weight decay</td><td>decoupled</td><td>decoupled</td><td>decoupled</td>
 * <td>cautious, tied</td></tr>
 * </table>
 *
 * <p>All multiply in float32. The published implementations multiply in bfloat16, which is a matter
 * of the device and not of the rule: {@link NewtonSchulz#precision()}.
 *
 * @param momentum β1, and what is orthogonalized
 * @param newtonSchulz how it is orthogonalized
 * @param secondMoment β2 and ε, and what the polar factor is normalized by
 * @param scale ‖U‖, the size of the update at learning rate 1
 * @param weightDecay how weights decay beside the update
 */
public record NorMuonOptions(
    Momentum momentum,
    NewtonSchulz newtonSchulz,
    SecondMoment secondMoment,
    UpdateScale scale,
    WeightDecay weightDecay) {

  private static final double DECAY = 0.95;
  private static final NewtonSchulz POLAR_EXPRESS =
      new NewtonSchulz(PolarMethod.POLAR_EXPRESS, 5, Precision.F32);

  /**
   * Algorithm 1 of <a href="https://arxiv.org/abs/2510.05491">arXiv 2510.05491</a>: orthogonalizes
   * the momentum itself; the root mean square of an update is 0.2. The paper names no ε.
   *
   * <pre>
   *   M ← 0.95 M + 0.05 G
   *   O = polar(M)
   *   v ← 0.95 v + 0.05 rowmean(O²),   Ô = O / (√v + 1e-10)
   *   W ← (1 − η λ) W − 0.2 η √(m n) Ô / ‖Ô‖
   * </pre>
   */
  public static NorMuonOptions paper() {
    return new NorMuonOptions(
        momentum(Momentum.Accumulation.AVERAGE, Momentum.Lookahead.NONE),
        NewtonSchulz.defaults(),
        new SecondMoment(SecondMoment.Axis.ROWS, DECAY, 1e-10),
        UpdateScale.PAPER,
        WeightDecay.decoupled());
  }

  /**
   * The authors' repository (zichongli5/NorMuon): orthogonalizes Nesterov's mix of gradient and
   * momentum. A learning rate of it is about √n / 4.5 times one of the paper's form.
   *
   * <pre>
   *   M ← 0.95 M + 0.05 G
   *   O = polar(0.05 G + 0.95 M)
   *   v ← 0.95 v + 0.05 rowmean(O²),   Ô = O / (√v + 1e-10)
   *   W ← (1 − η λ) W − η √max(1, m/n) ‖O‖ Ô / ‖Ô‖
   * </pre>
   */
  public static NorMuonOptions official() {
    return new NorMuonOptions(
        momentum(Momentum.Accumulation.AVERAGE, Momentum.Lookahead.NESTEROV),
        NewtonSchulz.defaults(),
        new SecondMoment(SecondMoment.Axis.ROWS, DECAY, 1e-10),
        UpdateScale.OFFICIAL,
        WeightDecay.decoupled());
  }

  /**
   * The defaults of microsoft/dion's {@code NorMuon}.
   *
   * <pre>
   *   M ← 0.95 M + G
   *   O = polar(M)
   *   v ← 0.95 v + 0.05 rowmean(O²),   Ô = O / (√v + 1e-8)
   *   W ← (1 − η λ) W − η √(m/n) ‖O‖ Ô / ‖Ô‖
   * </pre>
   */
  public static NorMuonOptions dion() {
    return new NorMuonOptions(
        momentum(Momentum.Accumulation.HEAVY_BALL, Momentum.Lookahead.NONE),
        POLAR_EXPRESS,
        new SecondMoment(SecondMoment.Axis.ROWS, DECAY, 1e-8),
        UpdateScale.SPECTRAL,
        WeightDecay.decoupled());
  }

  /**
   * KellerJordan/modded-nanogpt. Its momentum also rises and falls, which is a schedule and not
   * part of the rule: {@link MomentumRamp#speedrun()}.
   *
   * <pre>
   *   M ← β1 M + (1 − β1) G
   *   O = polar((1 − β1) G + β1 M)
   *   v ← 0.95 v + 0.05 rowmean(O²),   Ô = O / (√v + 1e-10);   by columns where m &lt; n
   *   U = √max(1, m/n) ‖O‖ Ô / ‖Ô‖
   *   W ← (1 − η² λ) W where W U ≥ 0;   W ← W − η U
   * </pre>
   */
  public static NorMuonOptions speedrun() {
    return new NorMuonOptions(
        momentum(Momentum.Accumulation.AVERAGE, Momentum.Lookahead.NESTEROV),
        POLAR_EXPRESS,
        new SecondMoment(SecondMoment.Axis.ROWS_OR_COLUMNS, DECAY, 1e-10),
        UpdateScale.OFFICIAL,
        new WeightDecay(WeightDecay.Reach.CAUTIOUS, WeightDecay.Strength.TIED_TO_LEARNING_RATE));
  }

  private static Momentum momentum(
      Momentum.Accumulation accumulation, Momentum.Lookahead lookahead) {
    return new Momentum(accumulation, lookahead, DECAY);
  }

  /** The same choices without normalization, that is with U = ‖U‖ O / ‖O‖. */
  public MuonOptions withoutNormalization() {
    return new MuonOptions(momentum, newtonSchulz, scale, weightDecay);
  }
}
