package normuon.job.data;

import java.util.HashMap;
import java.util.Map;

/** The strings of a grammar with their probabilities, by brute force. */
final class Language {

  private Language() {}

  /** All strings of the grammar; fails if two derivations of one part give the same string. */
  static Map<String, Double> of(Grammar grammar) {
    if (grammar instanceof Grammar.Literal literal) {
      return Map.of(literal.string(), 1.0);
    }
    Map<String, Double> language = new HashMap<>();
    if (grammar instanceof Grammar.Choice choice) {
      for (Grammar alternative : choice.alternatives()) {
        of(alternative)
            .forEach((string, p) -> add(language, string, p / choice.alternatives().size()));
      }
      return language;
    }
    language.put("", 1.0);
    for (Grammar part : ((Grammar.Sequence) grammar).parts()) {
      Map<String, Double> next = of(part);
      Map<String, Double> joined = new HashMap<>();
      language.forEach((left, p) -> next.forEach((right, q) -> add(joined, left + right, p * q)));
      language.clear();
      language.putAll(joined);
    }
    return language;
  }

  /** The entropy in nats. */
  static double entropy(Map<String, Double> language) {
    return language.values().stream().mapToDouble(p -> -p * Math.log(p)).sum();
  }

  private static void add(Map<String, Double> language, String string, double probability) {
    if (language.put(string, probability) != null) {
      throw new AssertionError("two derivations of '" + string + "'");
    }
  }
}
