package normuon.optimizer;

import static normuon.optimizer.Distance.between;
import static normuon.optimizer.Distance.doubles;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import normuon.torch.ParameterSpec;
import normuon.torch.Role;

/**
 * A file of inputs at the edge: each gradient is applied three times by several rules. We follow
 * the reference but for three things, where we differ on purpose:
 *
 * <ul>
 *   <li>A zero gradient moves weights by their decay alone. The paper's formula has 0/0.
 *   <li>Gradients of any finite size give the direction that they would give at size 1. In the
 *       reference those far below the epsilon of its iteration (1e-7) vanish, or lose their
 *       orthogonalization in the paper's form, and those whose square overflows vanish or give NaN.
 *   <li>Gradients that are not finite are refused before any rule sees them. In the reference one
 *       such number makes the whole matrix NaN.
 * </ul>
 */
final class DegenerateInputs {

  private static final double FLOAT32_TOLERANCE = 1e-4;

  /** What five steps in bfloat16 cost a small matrix; one file's own distance may be luck. */
  private static final double BFLOAT16_TOLERANCE = 0.1;

  /** Polar Express multiplies the rounding errors of vanishing singular values by about 1,000. */
  private static final double SINGULAR_TOLERANCE = 1e-3;

  /** Below float32's normal numbers a tenth of a gradient has one or two digits. */
  private static final double SUBNORMAL_TOLERANCE = 0.05;

  private static final Set<String> SINGULAR = Set.of("rank1", "const");

  /** Gradients no larger than this show the epsilons of the reference. */
  private static final double SMALLEST_FAITHFUL = 1e-6;

  /** The squares of gradients larger than this overflow in the reference. */
  private static final double LARGEST_FAITHFUL = 1e18;

  private final OptimizerOperators operators;
  private final ReferenceFile file;
  private final NDManager manager;

  DegenerateInputs(OptimizerOperators operators, ReferenceFile file, NDManager manager) {
    this.operators = operators;
    this.file = file;
    this.manager = manager;
  }

  void check() {
    Set<String> inputs =
        file.names().stream()
            .map(name -> name.substring(0, name.indexOf('/')))
            .collect(Collectors.toSet());
    assertThat(inputs).isNotEmpty();
    for (String input : inputs) {
      double largest = largestMagnitude(file.values(input + "/G"));
      if (Double.isFinite(largest)) {
        adamWFollowsTheReference(input);
        matrixRulesGiveWhatTheyShould(input, largest);
      } else {
        refuses(input);
      }
    }
  }

  private void matrixRulesGiveWhatTheyShould(String input, double largest) {
    if (largest == 0) {
      leaveDecayAlone(input);
    } else if (largest < SMALLEST_FAITHFUL || largest > LARGEST_FAITHFUL) {
      giveTheDirectionOfSizeOne(input, largest);
    } else {
      followTheReference(input);
    }
  }

  private void refuses(String input) {
    ParameterSpec spec = new ParameterSpec("weight", file.shape(input + "/G"), Role.MATRIX);
    GradientClipping clipping = new GradientClipping(operators, List.of(spec), 0);
    List<NDArray> gradient = List.of(file.array(manager, input + "/G"));
    double[] squaredNorms = clipping.squaredNorms(gradient);
    assertThatThrownBy(() -> clipping.clip(gradient, squaredNorms))
        .as(input)
        .isInstanceOf(NonFiniteGradientException.class)
        .hasMessageContaining("weight");
  }

  private void leaveDecayAlone(String input) {
    double[] first = file.values(input + "/W0");
    double keep = Math.pow(1 - file.number("lr") * file.number("weight_decay"), steps());
    double[] decayed = Arrays.stream(first).map(weight -> keep * weight).toArray();
    for (DegenerateRule rule : DegenerateRule.values()) {
      for (Precision precision : Precision.values()) {
        assertThat(between(train(rule, precision, input, 1), decayed))
            .as("distance of %s in %s to decay alone", rule, precision)
            .isLessThan(1e-6 * between(first, decayed) + 1e-7);
      }
    }
  }

  private void giveTheDirectionOfSizeOne(String input, double largest) {
    double tolerance = largest < Float.MIN_NORMAL ? SUBNORMAL_TOLERANCE : FLOAT32_TOLERANCE;
    for (DegenerateRule rule : DegenerateRule.values()) {
      if (largest * rule.largestMomentum(steps()) > Float.MAX_VALUE) {
        // The momentum itself is no float32 then. Clipping keeps gradients from getting there.
        continue;
      }
      double[] ofSizeOne = train(rule, Precision.F32, input, 1 / largest);
      assertThat(between(train(rule, Precision.F32, input, 1), ofSizeOne))
          .as("distance of %s on %s to size 1", rule, input)
          .isLessThan(tolerance * moved(input, ofSizeOne));
    }
  }

  private void followTheReference(String input) {
    double tolerance = SINGULAR.contains(input) ? SINGULAR_TOLERANCE : FLOAT32_TOLERANCE;
    for (DegenerateRule rule : DegenerateRule.values()) {
      double[] expected = expected(input, rule, Precision.F32);
      double moved = moved(input, expected);
      assertThat(between(train(rule, Precision.F32, input, 1), expected) / moved)
          .as("distance of %s in float32 on %s, of total movement", rule, input)
          .isLessThan(tolerance);
      double listed = between(expected(input, rule, Precision.BF16), expected) / moved;
      assertThat(between(train(rule, Precision.BF16, input, 1), expected) / moved)
          .as("distance of %s in bfloat16 on %s, of total movement", rule, input)
          .isLessThan(Math.max(2 * listed, BFLOAT16_TOLERANCE));
    }
  }

  /** At any finite size: overflow of the squares and epsilon are AdamW's own. */
  private void adamWFollowsTheReference(String input) {
    AdamW rule = new AdamW(operators, new AdamWOptions(0.9, 0.999, 1e-8));
    NDArray weight = file.array(manager, input + "/W0");
    ElementState moments =
        new ElementState(
            List.of(manager.zeros(weight.getShape())), List.of(manager.zeros(weight.getShape())));
    for (int step = 1; step <= steps(); step++) {
      NDArray gradient = file.array(manager, input + "/G");
      rule.update(List.of(gradient), moments, step);
      new ParameterUpdate(operators)
          .apply(
              List.of(weight), List.of(gradient), file.number("lr"), file.number("weight_decay"));
    }
    double[] expected = file.values(input + "/adamw.f32.W", steps() - 1);
    assertThat(between(doubles(weight), expected) / moved(input, expected))
        .as("distance of AdamW on %s, of total movement", input)
        .isLessThan(FLOAT32_TOLERANCE);
  }

  private double[] expected(String input, DegenerateRule rule, Precision precision) {
    String name = input + "/" + rule.variant() + "." + precision.name().toLowerCase() + ".W";
    return file.values(name, steps() - 1);
  }

  private double[] train(DegenerateRule rule, Precision precision, String input, double factor) {
    MatrixTraining training =
        new MatrixTraining(
            operators, rule.of(operators, file, precision), file.array(manager, input + "/W0"));
    for (int step = 0; step < steps(); step++) {
      training.step(
          file.scaled(manager, input + "/G", factor),
          file.number("lr"),
          file.number("weight_decay"));
    }
    return doubles(training.weight());
  }

  private double moved(String input, double[] weight) {
    return between(weight, file.values(input + "/W0"));
  }

  private int steps() {
    return (int) file.number("steps");
  }

  private static double largestMagnitude(double[] values) {
    return Arrays.stream(values).map(Math::abs).reduce(0, Math::max);
  }
}
