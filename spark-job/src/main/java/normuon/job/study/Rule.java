package normuon.job.study;

import java.math.BigDecimal;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Pattern;

/**
 * One of the update rules that a study compares.
 *
 * @param name its name, which begins the names of its runs' directories
 * @param learningRateKey the setting that is its learning rate
 * @param learningRates the peak learning rates to try, ascending, as they are written in the file
 * @param settings the other settings that make the rule, by their keys; may be left out
 * @param published percentages of steps that the rule is said to save, by the names of the rules it
 *     was compared with; may be left out
 */
public record Rule(
    String name,
    String learningRateKey,
    List<String> learningRates,
    Map<String, String> settings,
    Map<String, Double> published) {

  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_.-]+");

  /** Checks every part by itself; whether the settings exist shows when a run takes them. */
  public Rule {
    Study.require(
        name != null && NAME.matcher(name).matches(),
        "name",
        name,
        "letters, digits, '_', '-' and '.'");
    Study.require(
        learningRateKey != null && !learningRateKey.isBlank(),
        "learning_rate_key",
        learningRateKey,
        "a key of the configuration");
    Study.require(
        learningRates != null && !learningRates.isEmpty() && ascend(learningRates),
        "learning_rates",
        learningRates,
        "numbers above 0 that ascend");
    learningRates = List.copyOf(learningRates);
    settings = settings == null ? Map.of() : settings;
    Study.require(
        settings.values().stream().allMatch(Objects::nonNull),
        "settings",
        settings,
        "keys with a value each");
    settings = Collections.unmodifiableMap(new LinkedHashMap<>(settings));
    published = published == null ? Map.of() : published;
    Study.require(
        published.values().stream().allMatch(percent -> percent != null && percent < 100),
        "published",
        published,
        "names of rules with a percentage below 100 each");
    published = Collections.unmodifiableMap(new LinkedHashMap<>(published));
  }

  /** Whether a learning rate is the lowest or the highest, so that a better one may lie beyond. */
  boolean isAtEdge(String learningRate) {
    return learningRate.equals(learningRates.get(0))
        || learningRate.equals(learningRates.get(learningRates.size() - 1));
  }

  private static boolean ascend(List<String> learningRates) {
    BigDecimal before = BigDecimal.ZERO;
    for (String learningRate : learningRates) {
      try {
        BigDecimal number = new BigDecimal(learningRate);
        if (number.compareTo(before) <= 0) {
          return false;
        }
        before = number;
      } catch (NumberFormatException | NullPointerException noNumber) {
        return false;
      }
    }
    return true;
  }
}
