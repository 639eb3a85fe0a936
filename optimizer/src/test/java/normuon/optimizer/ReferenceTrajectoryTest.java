package normuon.optimizer;

import static normuon.optimizer.Distance.between;
import static normuon.optimizer.Distance.doubles;
import static normuon.optimizer.Distance.relative;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import normuon.torch.TorchRuntime;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Our rules against the numbers of published implementations: the files in the folder that the
 * system property {@code normuon.reference} names, or those bundled with the tests.
 */
class ReferenceTrajectoryTest {

  private static final double FLOAT32_TOLERANCE = 1e-4;

  private static NDManager manager;
  private static OptimizerOperators operators;

  @BeforeAll
  static void load() {
    manager = TorchRuntime.newManager();
    operators = OptimizerOperators.load(manager);
  }

  @AfterAll
  static void close() {
    operators.close();
    manager.close();
  }

  @TestFactory
  Stream<DynamicTest> follows() throws IOException, URISyntaxException {
    String folder = System.getProperty("normuon.reference");
    Path path =
        folder == null
            ? Path.of(ReferenceTrajectoryTest.class.getResource("/reference").toURI())
            : Path.of(folder);
    List<Path> files;
    try (Stream<Path> listed = Files.list(path)) {
      files = listed.filter(file -> file.toString().endsWith(".safetensors")).sorted().toList();
    }
    assertThat(files).as("reference files in " + path).isNotEmpty();
    return files.stream()
        .map(file -> DynamicTest.dynamicTest(file.getFileName().toString(), () -> check(file)));
  }

  private static void check(Path path) throws IOException {
    try (ReferenceFile file = new ReferenceFile(path);
        NDManager scratch = manager.newSubManager()) {
      switch (file.kind()) {
        case "adamw", "normuon_aux_adam" -> adamw(file, scratch);
        case "sophia_g" -> sophia(file, scratch);
        case "newton_schulz" -> newtonSchulz(file, scratch);
        case "degenerate" -> new DegenerateInputs(operators, file, scratch).check();
        default -> matrixRule(file, scratch);
      }
    }
  }

  private static void matrixRule(ReferenceFile file, NDManager scratch) {
    ReferenceRules rules = new ReferenceRules(operators, file);
    MatrixTraining exact = training(file, scratch, rules.of(Precision.F32));
    assertThat(largestDistance(file, scratch, exact))
        .as("distance to W.f64 in float32, of total movement")
        .isLessThan(FLOAT32_TOLERANCE);
    assertThat(relative(doubles(exact.momentum()), file.values("M.f64"))).as("M").isLessThan(1e-5);
    assertThat(file.names().contains("V.f64")).isEqualTo(!exact.secondMoments().isEmpty());
    for (NDArray secondMoment : exact.secondMoments()) {
      assertThat(relative(doubles(secondMoment), file.values("V.f64"))).as("V").isLessThan(1e-4);
    }
    double listed = distance(file, last(file, "W.bf16"), last(file));
    assertThat(largestDistance(file, scratch, training(file, scratch, rules.of(Precision.BF16))))
        .as("distance to W.f64 with the iteration in bfloat16, of total movement")
        .isBetween(FLOAT32_TOLERANCE, 2 * listed);
  }

  private static MatrixTraining training(ReferenceFile file, NDManager scratch, MatrixRule rule) {
    return new MatrixTraining(operators, rule, file.array(scratch, "W0"));
  }

  /** Trains all steps; the largest distance after one of them. */
  private static double largestDistance(
      ReferenceFile file, NDManager scratch, MatrixTraining training) {
    double largest = 0;
    for (long t = 0; t < file.number("steps"); t++) {
      training.step(file.array(scratch, "G", t), file.number("lr"), file.number("weight_decay"));
      double[] weight = doubles(training.weight());
      largest = Math.max(largest, distance(file, weight, file.values("W.f64", t)));
    }
    return largest;
  }

  private static void adamw(ReferenceFile file, NDManager scratch) {
    AdamW rule =
        new AdamW(
            operators,
            new AdamWOptions(file.number("beta1"), file.number("beta2"), file.number("eps")));
    ParameterUpdate step = new ParameterUpdate(operators);
    NDArray weight = file.array(scratch, "W0");
    ElementState moments =
        new ElementState(
            List.of(scratch.zeros(weight.getShape())), List.of(scratch.zeros(weight.getShape())));
    for (long t = 0; t < file.number("steps"); t++) {
      NDArray gradient = file.array(scratch, "G", t);
      rule.update(List.of(gradient), moments, t + 1);
      step.apply(
          List.of(weight), List.of(gradient), file.number("lr"), file.number("weight_decay"));
      // Against W.f32: most of its distance to W.f64 is the rounding of W itself.
      assertThat(distance(file, doubles(weight), file.values("W.f32", t)))
          .as("distance to W.f32 at step %d, of total movement", t + 1)
          .isLessThan(FLOAT32_TOLERANCE);
    }
    assertThat(relative(doubles(moments.means().get(0)), file.values("exp_avg.f64")))
        .isLessThan(1e-5);
    assertThat(relative(doubles(moments.curvatures().get(0)), file.values("exp_avg_sq.f64")))
        .isLessThan(1e-5);
  }

  private static void sophia(ReferenceFile file, NDManager scratch) {
    assertThat(file.text("order"))
        .isEqualTo("for t=0..T-1: step(G[t]); if t%k==k-1: update_hessian(Ghat[t//k])");
    Sophia rule =
        new Sophia(
            operators,
            SophiaOptions.gaussNewtonBartlett(
                file.number("beta1"),
                file.number("beta2"),
                file.number("rho"),
                (long) file.number("bs"),
                (int) file.number("hessian_every")));
    ParameterUpdate step = new ParameterUpdate(operators);
    NDArray weight = file.array(scratch, "W0");
    ElementState state =
        new ElementState(
            List.of(scratch.zeros(weight.getShape())), List.of(scratch.zeros(weight.getShape())));
    for (long t = 0; t < file.number("steps"); t++) {
      NDArray gradient = file.array(scratch, "G", t);
      long clipped = rule.update(List.of(gradient), state, t + 1);
      assertThat((double) clipped / weight.size())
          .as("share of clipped coordinates at step %d", t + 1)
          .isCloseTo(file.values("clip_fraction", t)[0], within(1e-9));
      step.apply(
          List.of(weight), List.of(gradient), file.number("lr"), file.number("weight_decay"));
      // Against W.f32: most of its distance to W.f64 is the rounding of W itself.
      assertThat(distance(file, doubles(weight), file.values("W.f32", t)))
          .as("distance to W.f32 at step %d, of total movement", t + 1)
          .isLessThan(FLOAT32_TOLERANCE);
      if (rule.refreshFollows(t + 1)) {
        rule.refresh(
            List.of(file.array(scratch, "Ghat", t / rule.options().refreshEvery())), state);
        assertThat(relative(doubles(state.curvatures().get(0)), file.values("hessian.f64", t)))
            .as("hessian after step %d", t + 1)
            .isLessThan(1e-5);
      }
    }
    assertThat(relative(doubles(state.means().get(0)), file.values("exp_avg.f64")))
        .isLessThan(1e-5);
  }

  private static void newtonSchulz(ReferenceFile file, NDManager scratch) {
    PolarMethod method = PolarMethod.valueOf(file.text("which").toUpperCase());
    int steps = (int) file.shape("X.f64")[0] - 1;
    assertThat(file.numbers("coeffs")).containsExactly(method.coefficients(steps));
    assertThat(file.number("safety")).isEqualTo(method.safety());
    NDArray matrix = file.array(scratch, "G");
    for (int step = 1; step <= steps; step++) {
      double[] expected = file.values("X.f64", step);
      assertThat(relative(iterate(matrix, scratch, method, step, Precision.F32), expected))
          .as("relative distance to X.f64 after %d steps in float32", step)
          .isLessThan(FLOAT32_TOLERANCE);
      assertThat(relative(iterate(matrix, scratch, method, step, Precision.BF16), expected))
          .as("relative distance to X.f64 after %d steps in bfloat16", step)
          .isBetween(FLOAT32_TOLERANCE, 2 * relative(file.values("X.bf16", step), expected));
    }
  }

  private static double[] iterate(
      NDArray matrix, NDManager scratch, PolarMethod method, int steps, Precision precision) {
    NewtonSchulz iteration = new NewtonSchulz(method, steps, precision);
    return doubles(new Orthogonalizer(operators, iteration).orthogonalize(scratch, matrix));
  }

  private static double[] last(ReferenceFile file) {
    return last(file, "W.f64");
  }

  private static double[] last(ReferenceFile file, String name) {
    return file.values(name, file.shape(name)[0] - 1);
  }

  private static double distance(ReferenceFile file, double[] actual, double[] expected) {
    return between(actual, expected) / between(last(file), file.values("W0"));
  }
}
