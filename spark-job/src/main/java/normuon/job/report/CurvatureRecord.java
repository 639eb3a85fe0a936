package normuon.job.report;

import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.io.Serializable;

/**
 * What Sophia did in one training step.
 *
 * @param curvatureMs time to estimate the curvature, in milliseconds, part of the step's; 0 where
 *     no estimate followed the step
 * @param curvatureRefused whether an estimate was thrown away, as it was not finite
 * @param unclippedFraction share of the coordinates, over all of Sophia's parameters, whose update
 *     was not clipped; NaN if the step was refused. Healthy is 0.1 to 0.5
 */
@JsonNaming(SnakeCaseStrategy.class)
public record CurvatureRecord(
    double curvatureMs, boolean curvatureRefused, double unclippedFraction)
    implements Serializable {}
