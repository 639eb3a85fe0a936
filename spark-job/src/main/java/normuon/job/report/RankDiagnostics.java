package normuon.job.report;

import java.io.Serializable;
import java.util.Map;

/**
 * What one rank measured in one step: the matrices that it owns, and on rank 0 all parameters that
 * have no owner.
 *
 * @param step the step, from 1
 * @param rank the rank, from 0
 * @param worldSize the number of ranks, each of which sends one
 * @param parameters what was measured, by the parameters' places in the model
 */
public record RankDiagnostics(
    int step, int rank, int worldSize, Map<Integer, ParameterDiagnostics> parameters)
    implements Serializable {}
