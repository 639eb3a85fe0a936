package normuon.job.charts;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;

/**
 * What the optimizer told of itself at one step: a line of {@code diagnostics.jsonl}. A number that
 * the line lacks is NaN.
 *
 * @param step the step
 * @param clippedSteps share of the steps whose gradient was clipped
 * @param parameters what it told of each
 */
record Measurement(int step, double clippedSteps, List<Parameter> parameters) {

  /**
   * One parameter.
   *
   * @param place its layer and kind
   * @param rule the rule that updates it
   * @param updateToWeight norm of the update over that of the weight
   * @param before row norms of the polar factor before normalization, over their root mean square
   * @param after row norms of the update, over their root mean square
   * @param momentumCondition condition number of the momentum
   * @param updateCondition condition number of the update
   */
  record Parameter(
      ParameterPlace place,
      String rule,
      double updateToWeight,
      RowNorms before,
      RowNorms after,
      double momentumCondition,
      double updateCondition) {}

  static Measurement of(JsonNode line) {
    List<Parameter> parameters = new ArrayList<>();
    for (JsonNode parameter : line.path("parameters")) {
      parameters.add(
          new Parameter(
              ParameterPlace.of(parameter.path("name").asText()),
              parameter.path("rule").asText(),
              number(parameter, "update_to_weight"),
              RowNorms.of(parameter.path("row_norms_before")),
              RowNorms.of(parameter.path("row_norms_after")),
              number(parameter, "momentum_condition"),
              number(parameter, "update_condition")));
    }
    return new Measurement(line.path("step").asInt(), number(line, "clipped_steps"), parameters);
  }

  /** A number of an object; NaN where it has none. */
  static double number(JsonNode object, String name) {
    return object.path(name).isNumber() ? object.path(name).doubleValue() : Double.NaN;
  }
}
