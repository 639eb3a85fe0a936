package normuon.job.train;

/** The phases of a step, in order; together they are the whole step. */
enum Phase {
  /** Reading the tokens of the step's micro-batches. */
  DATA,
  /** Forward and backward passes over the micro-batches. */
  BACKWARD,
  /** Reduce-scatter of the gradients, and their global norm. */
  REDUCE,
  /** Momentum on this rank's rows, and the exposed wait for rows to reach the owners. */
  COLLECT,
  /** Orthogonalization and normalization of the matrices this rank owns. */
  ORTHOGONALIZE,
  /** Sending normalized updates, and the exposed wait for those of other owners. */
  BROADCAST,
  /** Adding the updates to the weights. */
  APPLY,
  /** Estimating the curvature for Sophia, after every so many steps. */
  CURVATURE
}
