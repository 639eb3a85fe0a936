package normuon.optimizer;

/**
 * The choices of {@link Muon}. Those of a preset of {@link NorMuonOptions} are {@link
 * NorMuonOptions#withoutNormalization()}: of {@link NorMuonOptions#official()} they are K. Jordan's
 * Muon.
 *
 * @param momentum β, and what is orthogonalized; published with 0.95
 * @param newtonSchulz how it is orthogonalized; published with five steps
 * @param scale ‖U‖, the size of the update at learning rate 1
 * @param weightDecay how weights decay beside the update
 */
public record MuonOptions(
    Momentum momentum, NewtonSchulz newtonSchulz, UpdateScale scale, WeightDecay weightDecay) {}
