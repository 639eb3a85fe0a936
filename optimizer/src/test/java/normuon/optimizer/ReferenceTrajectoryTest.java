package normuon.optimizer;

import static normuon.optimizer.Distance.between;
import static normuon.optimizer.Distance.doubles;
import static normuon.optimizer.Distance.relative;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
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
        case "normuon_official" -> normuon(file, scratch, NorMuonForm.OFFICIAL);
        case "normuon_paper" -> normuon(file, scratch, NorMuonForm.PAPER);
        case "adamw", "normuon_aux_adam" -> adamw(file, scratch);
        case "sophia_g" -> sophia(file, scratch);
        case "newton_schulz" -> newtonSchulz(file, scratch);
        default -> throw new AssertionError("no rule is known for the kind " + file.kind());
      }
    }
  }

  private static void normuon(ReferenceFile file, NDManager scratch, NorMuonForm form) {
    assertThat(file.text("nesterov")).isEqualTo(String.valueOf(form == NorMuonForm.OFFICIAL));
    assertThat(file.numbers("ns_coeffs")).containsExactly(PolarMethod.QUINTIC.coefficients(1));
    assertThat(normuonDistance(file, scratch, form, Precision.F32))
        .as("distance to W.f64 in float32, of total movement")
        .isLessThan(FLOAT32_TOLERANCE);
    assertThat(normuonDistance(file, scratch, form, Precision.BF16))
        .as("distance to W.f64 with the iteration in bfloat16, of total movement")
        .isBetween(FLOAT32_TOLERANCE, 2 * distance(file, last(file, "W.bf16"), last(file)));
  }

  /** The largest distance over the steps; in float32 the state is checked too. */
  private static double normuonDistance(
      ReferenceFile file, NDManager scratch, NorMuonForm form, Precision precision) {
    boolean official = form == NorMuonForm.OFFICIAL;
    NorMuonOptions options =
        new NorMuonOptions(
            form,
            new NewtonSchulz(PolarMethod.QUINTIC, (int) file.number("ns_steps"), precision),
            file.number(official ? "momentum" : "beta1"),
            file.number("beta2"),
            file.number(official ? "norm_eps" : "eps"));
    NorMuon rule = new NorMuon(operators, options);
    ParameterUpdate step = new ParameterUpdate(operators);
    NDArray weight = file.array(scratch, "W0");
    NDArray momentum = scratch.zeros(weight.getShape());
    NDArray secondMoment = scratch.zeros(new Shape(weight.getShape().get(0)));
    double largest = 0;
    for (long t = 0; t < file.number("steps"); t++) {
      NDArray gradient = file.array(scratch, "G", t);
      NDArray collected = rule.accumulate(List.of(gradient), List.of(momentum)).get(0).duplicate();
      rule.update(List.of(collected), List.of(secondMoment));
      step.apply(
          List.of(weight), List.of(collected), file.number("lr"), file.number("weight_decay"));
      largest = Math.max(largest, distance(file, doubles(weight), file.values("W.f64", t)));
    }
    if (precision == Precision.F32) {
      assertThat(relative(doubles(momentum), file.values("M.f64"))).as("M").isLessThan(1e-5);
      assertThat(relative(doubles(secondMoment), file.values("V.f64"))).as("V").isLessThan(1e-4);
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
    AdamW.Moments moments =
        new AdamW.Moments(
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
    assertThat(relative(doubles(moments.squares().get(0)), file.values("exp_avg_sq.f64")))
        .isLessThan(1e-5);
  }

  private static void sophia(ReferenceFile file, NDManager scratch) {
    assertThat(file.text("order"))
        .isEqualTo("for t=0..T-1: step(G[t]); if t%k==k-1: update_hessian(Ghat[t//k])");
    Sophia rule =
        new Sophia(
            operators,
            new SophiaOptions(
                file.number("beta1"),
                file.number("beta2"),
                file.number("rho"),
                (long) file.number("bs")));
    ParameterUpdate step = new ParameterUpdate(operators);
    NDArray weight = file.array(scratch, "W0");
    Sophia.State state =
        new Sophia.State(
            List.of(scratch.zeros(weight.getShape())), List.of(scratch.zeros(weight.getShape())));
    long every = (long) file.number("hessian_every");
    for (long t = 0; t < file.number("steps"); t++) {
      NDArray gradient = file.array(scratch, "G", t);
      long unclipped = rule.update(List.of(gradient), state);
      assertThat(1 - (double) unclipped / weight.size())
          .as("share of clipped coordinates at step %d", t + 1)
          .isCloseTo(file.values("clip_fraction", t)[0], within(1e-9));
      step.apply(
          List.of(weight), List.of(gradient), file.number("lr"), file.number("weight_decay"));
      // Against W.f32: most of its distance to W.f64 is the rounding of W itself.
      assertThat(distance(file, doubles(weight), file.values("W.f32", t)))
          .as("distance to W.f32 at step %d, of total movement", t + 1)
          .isLessThan(FLOAT32_TOLERANCE);
      if (t % every == every - 1) {
        rule.refresh(List.of(file.array(scratch, "Ghat", t / every)), state);
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
