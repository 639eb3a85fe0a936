package normuon.job.bench;

/**
 * The optimizer's part of a step on one rank.
 *
 * @param optimizer the rule of the matrices; all other parameters have AdamW
 * @param milliseconds median of one step
 * @param parameters number of weights
 * @param stateFloats number of floats kept from step to step
 */
record OptimizerStepResult(
    String optimizer, double milliseconds, long parameters, long stateFloats) {}
