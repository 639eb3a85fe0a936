package normuon.optimizer;

/**
 * The choices of {@link Muon}. Those of a preset of {@link NorMuonOptions} are {@link
 * NorMuonOptions#withoutNormalization()}: of {@link NorMuonOptions#official()} they are K. Jordan's
 * Muon.
 *
 * @param momentum what is orthogonalized
 * @param newtonSchulz how it is orthogonalized
 * @param scale how large the update is
 * @param weightDecay how weights decay
 */
public record MuonOptions(
    Momentum momentum, NewtonSchulz newtonSchulz, UpdateScale scale, WeightDecay weightDecay) {}
