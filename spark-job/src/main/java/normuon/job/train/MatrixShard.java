package normuon.job.train;

import ai.djl.ndarray.NDArray;
import normuon.optimizer.shard.RowShard;
import normuon.torch.ParameterSpec;

/**
 * What one rank holds of one matrix of shape [m, n].
 *
 * @param spec name, shape and role
 * @param rows the rows of this rank's shard, r of them
 * @param weight the whole weight [m, n], or as many of its rows as this rank holds
 * @param gradientRows [r, n]: this rank's rows of the mean gradient; where ranks hold rows of the
 *     weights, those of the update arrive in it
 * @param momentum [r, n]: this rank's rows of M
 * @param secondMoment [m] or [n] on the owner, or as many for each of its blocks: v, one number per
 *     row or column; null elsewhere, and for a rule that keeps none
 */
record MatrixShard(
    ParameterSpec spec,
    RowShard rows,
    NDArray weight,
    NDArray gradientRows,
    NDArray momentum,
    NDArray secondMoment) {}
