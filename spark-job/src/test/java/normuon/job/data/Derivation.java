package normuon.job.data;

import java.util.HashMap;
import java.util.Map;

/** The probability that a grammar derives a string, over all derivations. */
final class Derivation {

  private Derivation() {}

  static double logProbability(Grammar grammar, String string) {
    return Math.log(ends(grammar, string, Map.of(0, 1.0)).getOrDefault(string.length(), 0.0));
  }

  /** The probability of having derived string[0, end), per end, given that per beginning. */
  private static Map<Integer, Double> ends(
      Grammar grammar, String string, Map<Integer, Double> begins) {
    Map<Integer, Double> ends = new HashMap<>();
    if (begins.isEmpty()) {
      return ends;
    }
    if (grammar instanceof Grammar.Literal literal) {
      begins.forEach(
          (begin, p) -> {
            if (string.startsWith(literal.string(), begin)) {
              ends.merge(begin + literal.string().length(), p, Double::sum);
            }
          });
      return ends;
    }
    if (grammar instanceof Grammar.Choice choice) {
      int count = choice.alternatives().size();
      for (Grammar alternative : choice.alternatives()) {
        ends(alternative, string, begins)
            .forEach((end, p) -> ends.merge(end, p / count, Double::sum));
      }
      return ends;
    }
    Map<Integer, Double> reached = begins;
    for (Grammar part : ((Grammar.Sequence) grammar).parts()) {
      reached = ends(part, string, reached);
    }
    return reached;
  }
}
