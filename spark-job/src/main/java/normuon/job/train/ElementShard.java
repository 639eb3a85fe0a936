package normuon.job.train;

import ai.djl.ndarray.NDArray;
import normuon.optimizer.shard.RowShard;
import normuon.torch.ParameterSpec;

/**
 * What one rank holds of one parameter that is updated element by element.
 *
 * @param spec name, shape and role
 * @param rows the rows of this rank's shard, possibly none
 * @param weight the whole weight, or as many of its rows as this rank holds
 * @param gradientRows this rank's rows of the mean gradient, and then of the update
 * @param mean this rank's rows of the moving mean of the gradient
 * @param curvature this rank's rows of what the mean is divided by: see {@link
 *     normuon.optimizer.ElementState}
 */
record ElementShard(
    ParameterSpec spec,
    RowShard rows,
    NDArray weight,
    NDArray gradientRows,
    NDArray mean,
    NDArray curvature) {}
