package normuon.job.report;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import normuon.optimizer.NormSpread;

/**
 * What the parameters of one rule have in common in a measured step. What is not finite, as of a
 * matrix of zeros, does not count; a number that none of them has is NaN.
 *
 * @param rule the rule
 * @param parameters how many parameters it updates
 * @param updateToWeight the median of the updates' norms divided by the weights'
 * @param deviationBefore the mean deviation of row norms before normalization
 * @param deviationAfter the same of the updates
 * @param momentumCondition the largest condition number of a momentum
 * @param updateCondition the same of an update
 */
public record RuleDiagnostics(
    String rule,
    int parameters,
    double updateToWeight,
    double deviationBefore,
    double deviationAfter,
    double momentumCondition,
    double updateCondition) {

  /** The rules of a measured step, in the order of their first parameters. */
  public static List<RuleDiagnostics> of(StepDiagnostics step) {
    Map<String, List<ParameterDiagnostics>> rules = new LinkedHashMap<>();
    for (ParameterDiagnostics parameter : step.parameters()) {
      rules.computeIfAbsent(parameter.rule(), rule -> new ArrayList<>()).add(parameter);
    }
    return rules.entrySet().stream().map(rule -> of(rule.getKey(), rule.getValue())).toList();
  }

  private static RuleDiagnostics of(String rule, List<ParameterDiagnostics> parameters) {
    double[] shares =
        parameters.stream()
            .mapToDouble(ParameterDiagnostics::updateToWeight)
            .filter(Double::isFinite)
            .sorted()
            .toArray();
    return new RuleDiagnostics(
        rule,
        parameters.size(),
        median(shares),
        mean(parameters.stream().map(ParameterDiagnostics::rowNormsBefore).toList()),
        mean(parameters.stream().map(ParameterDiagnostics::rowNormsAfter).toList()),
        largest(parameters.stream().map(ParameterDiagnostics::momentumCondition).toList()),
        largest(parameters.stream().map(ParameterDiagnostics::updateCondition).toList()));
  }

  private static double median(double[] sorted) {
    int length = sorted.length;
    return length == 0 ? Double.NaN : (sorted[(length - 1) / 2] + sorted[length / 2]) / 2;
  }

  private static double mean(List<NormSpread> spreads) {
    return spreads.stream()
        .filter(Objects::nonNull)
        .mapToDouble(NormSpread::deviation)
        .filter(Double::isFinite)
        .average()
        .orElse(Double.NaN);
  }

  private static double largest(List<Double> numbers) {
    return numbers.stream()
        .filter(Objects::nonNull)
        .mapToDouble(number -> number)
        .filter(Double::isFinite)
        .max()
        .orElse(Double.NaN);
  }
}
