package normuon.job.preflight;

import java.util.List;
import normuon.job.train.Placement;

/**
 * What a preflight without problems has seen.
 *
 * @param placements where Spark ran each rank, in rank order
 * @param warnings what training may survive, each in one line
 */
public record PreflightResult(List<Placement> placements, List<String> warnings) {}
