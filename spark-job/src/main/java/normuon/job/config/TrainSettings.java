package normuon.job.config;

import java.io.Serializable;

/**
 * Section {@code train}.
 *
 * @param ranks number of barrier tasks that train together; each needs a slot
 * @param steps optimizer steps of the whole run
 * @param seed seed of the initial weights and of the order of the sequences
 * @param sequencesPerStep sequences of one step over all ranks
 * @param microBatchSequences sequences that a rank takes forward and backward at once; 0 for its
 *     whole share
 * @param threadsPerRank threads that a rank computes with
 * @param verifyReplicasEverySteps steps between checks that every rank has the same weights; 0 for
 *     none
 */
public record TrainSettings(
    @MayChangeOnResume @Interval("[1, )") int ranks,
    @Interval("[1, )") int steps,
    long seed,
    @Interval("[1, )") int sequencesPerStep,
    @MayChangeOnResume @Interval("[0, )") int microBatchSequences,
    @MayChangeOnResume @Interval("[1, )") int threadsPerRank,
    @MayChangeOnResume @Interval("[0, )") int verifyReplicasEverySteps)
    implements Serializable {}
