package normuon.optimizer;

/**
 * What a {@link MatrixRule} made of one matrix. A matrix in blocks is measured block by block, as
 * it is orthogonalized.
 *
 * @param updateNorm ‖U‖, the Frobenius norm of the update at learning rate 1
 * @param before the norms of the rows of O, or of its columns where the rule normalizes those; of
 *     each block divided by their root mean square there
 * @param after the same of U
 * @param momentumCondition the condition number of C, see {@link UpdateStatistics}; the largest of
 *     all blocks
 * @param updateCondition the same of U
 */
public record MatrixStatistics(
    double updateNorm,
    NormSpread before,
    NormSpread after,
    double momentumCondition,
    double updateCondition) {}
