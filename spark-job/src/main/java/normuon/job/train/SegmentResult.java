package normuon.job.train;

import java.io.Serializable;

/**
 * What one rank brings back from a segment.
 *
 * @param place the rank, and where it ran
 * @param divergence why training stopped before the segment's end; empty if it did not
 * @param progress how far the run has come; where training stopped, how far it had come before
 * @param validationLoss mean loss over the validation split in nats per token; NaN if not evaluated
 * @param validationTokens tokens predicted in the evaluation
 * @param sample generated text, from rank 0 at the end of the run; empty otherwise
 */
record SegmentResult(
    RankPlace place,
    String divergence,
    Progress progress,
    double validationLoss,
    long validationTokens,
    String sample)
    implements Serializable {}
