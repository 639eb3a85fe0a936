package normuon.model;

import ai.djl.ndarray.NDArray;

/**
 * Sequences that go through a model together.
 *
 * @param ids int64 [sequences, length], length at most the context
 * @param targets the token after every token, int64, shaped like the ids
 * @param weight of the mean loss of its tokens in the sum whose gradient is wanted, such as 1 /
 *     number of micro-batches
 */
public record MicroBatch(NDArray ids, NDArray targets, double weight) {}
