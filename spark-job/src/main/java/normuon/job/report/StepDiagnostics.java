package normuon.job.report;

import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.util.List;

/**
 * What the optimizer did in one step: a line of {@code diagnostics.jsonl}.
 *
 * @param step the step, from 1
 * @param clippedSteps share of the steps since the measured one before whose gradient was clipped
 * @param parameters every parameter, in the model's order
 */
@JsonNaming(SnakeCaseStrategy.class)
public record StepDiagnostics(
    int step, double clippedSteps, List<ParameterDiagnostics> parameters) {}
