package normuon.job.track;

import java.util.LinkedHashMap;
import java.util.Map;
import normuon.job.report.EvaluationRecord;
import normuon.job.report.ParameterDiagnostics;
import normuon.job.report.RecordFields;
import normuon.job.report.StepDiagnostics;
import normuon.job.report.StepRecord;
import normuon.optimizer.NormSpread;

/**
 * The numbers of a run as every tracker names them: those of {@code metrics.jsonl} and {@code
 * diagnostics.jsonl}, in groups by what stands before the slash. What is no number is left out, as
 * trackers have no place for it.
 */
final class Scalars {

  private static final String TIME_SUFFIX = "_ms";

  private Scalars() {}

  /** Of a step: {@code train/loss} and the like, and {@code time/step_ms} with its phases. */
  static Map<String, Double> of(StepRecord step) {
    Map<String, Double> scalars = new LinkedHashMap<>();
    RecordFields.numbers(step)
        .forEach(
            (name, value) -> {
              String group = name.endsWith(TIME_SUFFIX) ? "time/" : "train/";
              put(scalars, group + name, value.doubleValue());
            });
    scalars.remove("train/step");
    return scalars;
  }

  /** Of an evaluation. */
  static Map<String, Double> of(EvaluationRecord evaluation) {
    Map<String, Double> scalars = new LinkedHashMap<>();
    put(scalars, "validation/loss", evaluation.validationLoss());
    put(scalars, "validation/perplexity", evaluation.perplexity());
    return scalars;
  }

  /** Of a measured step: the share of clipped steps, and some numbers of each parameter. */
  static Map<String, Double> of(StepDiagnostics diagnostics) {
    Map<String, Double> scalars = new LinkedHashMap<>();
    put(scalars, "train/clipped_steps", diagnostics.clippedSteps());
    for (ParameterDiagnostics parameter : diagnostics.parameters()) {
      put(scalars, "update_to_weight/" + parameter.name(), parameter.updateToWeight());
      deviation(scalars, "row_norm_deviation_before/", parameter, parameter.rowNormsBefore());
      deviation(scalars, "row_norm_deviation_after/", parameter, parameter.rowNormsAfter());
      put(scalars, "momentum_condition/" + parameter.name(), parameter.momentumCondition());
      put(scalars, "update_condition/" + parameter.name(), parameter.updateCondition());
    }
    return scalars;
  }

  private static void deviation(
      Map<String, Double> scalars, String group, ParameterDiagnostics parameter, NormSpread rows) {
    put(scalars, group + parameter.name(), rows == null ? null : rows.deviation());
  }

  private static void put(Map<String, Double> scalars, String name, Double value) {
    if (value != null && Double.isFinite(value)) {
      scalars.put(name, value);
    }
  }
}
