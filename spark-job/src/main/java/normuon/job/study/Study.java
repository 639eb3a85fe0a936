package normuon.job.study;

import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

/**
 * A comparison of update rules: every rule is trained with every learning rate of its own and the
 * first seed, and with its best learning rate and every seed. All other settings are the same.
 *
 * @param seeds the seeds; the first is that of the sweep over learning rates
 * @param reference the rule whose mean final loss is the target of all
 * @param rules the rules
 */
public record Study(List<Long> seeds, String reference, List<Rule> rules) {

  /** Checks the parts against each other. */
  public Study {
    require(
        seeds != null && !seeds.isEmpty() && areDistinct(seeds),
        "seeds",
        seeds,
        "whole numbers, each once");
    seeds = List.copyOf(seeds);
    require(
        rules != null && !rules.isEmpty() && rules.stream().allMatch(Objects::nonNull),
        "rules",
        rules,
        "one rule or more");
    rules = List.copyOf(rules);
    List<String> names = rules.stream().map(Rule::name).toList();
    require(areDistinct(names), "rules", names, "rules of distinct names");
    require(names.contains(reference), "reference", reference, "one of " + names);
  }

  static void require(boolean holds, String key, Object value, String allowed) {
    if (!holds) {
      throw new IllegalArgumentException(
          "Invalid %s %s: must be %s".formatted(key, value, allowed));
    }
  }

  /** The runs that find the best learning rate of every rule. */
  Stream<Point> sweep() {
    return rules.stream().flatMap(this::sweep);
  }

  /** The runs that find the best learning rate of a rule. */
  Stream<Point> sweep(Rule rule) {
    return rule.learningRates().stream()
        .map(learningRate -> new Point(rule, learningRate, seeds.get(0)));
  }

  /** A run with every seed. */
  Stream<Point> repeated(Point point) {
    return seeds.stream().map(seed -> new Point(point.rule(), point.learningRate(), seed));
  }

  Rule referenceRule() {
    return rules.stream().filter(rule -> rule.name().equals(reference)).findFirst().orElseThrow();
  }

  private static boolean areDistinct(List<?> values) {
    return values.stream().allMatch(Objects::nonNull)
        && new HashSet<>(values).size() == values.size();
  }
}
