package normuon.job.study;

import java.math.BigDecimal;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.Function;
import java.util.stream.Collectors;
import normuon.job.study.StudySummary.RuleSummary;
import normuon.job.study.StudySummary.Saving;
import normuon.job.study.StudySummary.SeedSummary;
import normuon.job.study.StudySummary.Spread;
import normuon.job.study.StudySummary.SweepSummary;

/** Sums up a study whose runs have all ended. */
final class Summation {

  private final StudyResults results;
  private final Study study;
  private final Spread target;

  Summation(StudyResults results) {
    this.results = results;
    this.study = results.study();
    this.target = finalLoss(study.referenceRule());
  }

  StudySummary summary(StudySummary.Settings settings) {
    Map<String, Spread> steps =
        study.rules().stream()
            .collect(
                Collectors.toMap(Rule::name, this::stepsToTarget, (a, b) -> a, LinkedHashMap::new));
    return new StudySummary(
        settings,
        study.seeds(),
        study.reference(),
        target.mean(),
        study.rules().stream().map(rule -> summary(rule, steps)).toList());
  }

  private RuleSummary summary(Rule rule, Map<String, Spread> steps) {
    Optional<String> best = results.best(rule).map(Point::learningRate);
    return new RuleSummary(
        rule.name(),
        study.sweep(rule).map(this::sweep).toList(),
        best.map(BigDecimal::new).orElse(null),
        best.map(rule::isAtEdge).orElse(false),
        finalLoss(rule),
        steps.get(rule.name()),
        savings(rule, steps),
        repeated(rule).stream().map(this::seed).toList());
  }

  private SweepSummary sweep(Point point) {
    PointResult result = results.of(point);
    return new SweepSummary(
        new BigDecimal(point.learningRate()), result.status(), orNull(result.finalLoss()));
  }

  private SeedSummary seed(Point point) {
    PointResult result = results.of(point);
    return new SeedSummary(
        point.seed(),
        result.status(),
        orNull(result.finalLoss()),
        orNull(stepsToTarget(point)),
        result.curve());
  }

  private Spread finalLoss(Rule rule) {
    return spread(
        rule, point -> results.of(point).finalLoss(), point -> point.name() + " diverged");
  }

  private Spread stepsToTarget(Rule rule) {
    return target.exists()
        ? spread(rule, this::stepsToTarget, this::whyNotThere)
        : Spread.missing("there is no target: " + target.reason());
  }

  /** The reference needs all its steps for its own final loss. */
  private OptionalDouble stepsToTarget(Point point) {
    PointResult result = results.of(point);
    if (!target.exists() || result.finalLoss().isEmpty()) {
      return OptionalDouble.empty();
    }
    return point.rule().name().equals(study.reference())
        ? OptionalDouble.of(result.curve().finalStep())
        : result.curve().stepsTo(target.mean());
  }

  private String whyNotThere(Point point) {
    OptionalDouble loss = results.of(point).finalLoss();
    return loss.isEmpty()
        ? point.name() + " diverged"
        : String.format(
            Locale.ROOT,
            "%s ends at %.4f and never reaches the target %.4f",
            point.name(),
            loss.getAsDouble(),
            target.mean());
  }

  /** A number of every seed of a rule's best learning rate; the first without one says why. */
  private Spread spread(
      Rule rule, Function<Point, OptionalDouble> number, Function<Point, String> whyMissing) {
    List<Point> points = repeated(rule);
    if (points.isEmpty()) {
      return Spread.missing(rule.name() + " diverged with every learning rate");
    }
    return points.stream()
        .filter(point -> number.apply(point).isEmpty())
        .findFirst()
        .map(point -> Spread.missing(whyMissing.apply(point)))
        .orElseGet(
            () ->
                Spread.of(
                    points.stream().map(point -> number.apply(point).getAsDouble()).toList()));
  }

  private Map<String, Saving> savings(Rule rule, Map<String, Spread> steps) {
    Map<String, Saving> savings = new LinkedHashMap<>();
    steps.forEach(
        (other, otherSteps) -> {
          if (!other.equals(rule.name())) {
            savings.put(
                other, saving(steps.get(rule.name()), otherSteps, rule.published().get(other)));
          }
        });
    return savings;
  }

  private static Saving saving(Spread own, Spread other, Double published) {
    if (own.exists() && other.exists()) {
      return new Saving(100 * (1 - own.mean() / other.mean()), published, null);
    }
    return new Saving(null, published, own.exists() ? other.reason() : own.reason());
  }

  private List<Point> repeated(Rule rule) {
    return results.best(rule).stream().flatMap(study::repeated).toList();
  }

  private static Double orNull(OptionalDouble number) {
    return number.isPresent() ? number.getAsDouble() : null;
  }
}
