package normuon.job.report;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.io.Serializable;
import normuon.optimizer.NormSpread;

/**
 * What the optimizer did to one parameter in one step. What its rule does not have is null, and
 * left out.
 *
 * @param name the parameter's name
 * @param rule the rule that updated it, in lower case
 * @param rows its rows
 * @param columns its columns; 1 for a vector
 * @param weightNorm Frobenius norm of the weight before the step
 * @param updateNorm Frobenius norm of its change by the update, learning rate included and weight
 *     decay not
 * @param updateToWeight the update's norm divided by the weight's
 * @param rowNormsBefore norms of the rows (or columns, where the rule normalizes those) of the
 *     orthogonalized momentum, before normalization; rules that orthogonalize only
 * @param rowNormsAfter the same of the update; matrices only
 * @param momentumCondition condition number of the momentum, at most 1e6 ({@link
 *     normuon.optimizer.UpdateStatistics}); rules that orthogonalize only
 * @param updateCondition the same of the update
 */
@JsonNaming(SnakeCaseStrategy.class)
@JsonInclude(JsonInclude.Include.NON_NULL)
public record ParameterDiagnostics(
    String name,
    String rule,
    long rows,
    long columns,
    double weightNorm,
    double updateNorm,
    double updateToWeight,
    NormSpread rowNormsBefore,
    NormSpread rowNormsAfter,
    Double momentumCondition,
    Double updateCondition)
    implements Serializable {}
