package normuon.job.bench;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.List;
import java.util.stream.Stream;
import normuon.model.Gpt;
import normuon.model.GptConfiguration;
import normuon.optimizer.AdamW;
import normuon.optimizer.AdamWOptions;
import normuon.optimizer.ElementState;
import normuon.optimizer.NorMuon;
import normuon.optimizer.NorMuonOptions;
import normuon.optimizer.OptimizerOperators;
import normuon.optimizer.ParameterUpdate;
import normuon.torch.Initialization;
import normuon.torch.ParameterSpec;
import normuon.torch.Role;

/** Times what the optimizer does in a step: momentum, updates and weights; no communication. */
final class OptimizerStepBenchmark {

  private static final int VOCABULARY = 50_257;
  private static final int WIDTH = 768;

  private final OptimizerOperators operators;
  private final int rounds;
  private final List<ParameterSpec> matrices;
  private final List<ParameterSpec> others;

  /**
   * Prepares the shapes of GPT-2 with 124M parameters.
   *
   * @param layers number of blocks; 12 in GPT-2
   */
  OptimizerStepBenchmark(OptimizerOperators operators, int layers, int rounds) {
    this.operators = operators;
    this.rounds = rounds;
    GptConfiguration.Mlp mlp = GptConfiguration.Mlp.SQUARED_RELU;
    List<ParameterSpec> specs =
        Gpt.specs(
            new GptConfiguration(
                VOCABULARY, layers, 12, 12, WIDTH, 1024, mlp, 4 * WIDTH, false, true, 1e4, 1e-5));
    matrices = specs.stream().filter(spec -> spec.role() == Role.MATRIX).toList();
    others = specs.stream().filter(spec -> spec.role() != Role.MATRIX).toList();
  }

  OptimizerStepResult norMuon(NDManager manager) {
    try (NDManager scope = manager.newSubManager()) {
      NorMuon rule = new NorMuon(operators, NorMuonOptions.official());
      List<NDArray> gradients = random(scope, matrices);
      List<NDArray> weights = zeros(scope, matrices);
      List<NDArray> momenta = zeros(scope, matrices);
      List<NDArray> secondMoments =
          matrices.stream()
              .map(spec -> scope.zeros(new Shape(spec.rows()), DataType.FLOAT32))
              .toList();
      AdamWPart rest = new AdamWPart(scope, others);
      long state = floats(momenta) + floats(secondMoments) + rest.stateFloats();
      double milliseconds =
          median(
              () -> {
                List<NDArray> collected = rule.accumulate(gradients, momenta);
                rule.update(collected, secondMoments);
                new ParameterUpdate(operators).apply(weights, collected, 1e-3, 0.1);
                rest.step();
              });
      return result("NORMUON", milliseconds, state);
    }
  }

  OptimizerStepResult adamW(NDManager manager) {
    try (NDManager scope = manager.newSubManager()) {
      AdamWPart all =
          new AdamWPart(scope, Stream.concat(matrices.stream(), others.stream()).toList());
      return result("ADAMW", median(all::step), all.stateFloats());
    }
  }

  private OptimizerStepResult result(String optimizer, double milliseconds, long stateFloats) {
    long parameters =
        Stream.concat(matrices.stream(), others.stream()).mapToLong(ParameterSpec::elements).sum();
    return new OptimizerStepResult(optimizer, milliseconds, parameters, stateFloats);
  }

  private double median(Runnable step) {
    step.run();
    Timings timings = new Timings();
    for (int round = 0; round < rounds; round++) {
      timings.measure(step);
    }
    return timings.median();
  }

  private final class AdamWPart {

    private final AdamW rule = new AdamW(operators, AdamWOptions.defaults());
    private final List<NDArray> gradients;
    private final List<NDArray> weights;
    private final ElementState moments;
    private long step;

    AdamWPart(NDManager manager, List<ParameterSpec> specs) {
      gradients = random(manager, specs);
      weights = zeros(manager, specs);
      moments = new ElementState(zeros(manager, specs), zeros(manager, specs));
    }

    void step() {
      step++;
      rule.update(gradients, moments, step);
      new ParameterUpdate(operators).apply(weights, gradients, 1e-3, 0.1);
    }

    long stateFloats() {
      return floats(moments.means()) + floats(moments.curvatures());
    }
  }

  private static List<NDArray> random(NDManager manager, List<ParameterSpec> specs) {
    return specs.stream().map(spec -> Initialization.normal(manager, spec, 1, 1)).toList();
  }

  private static List<NDArray> zeros(NDManager manager, List<ParameterSpec> specs) {
    return specs.stream()
        .map(spec -> manager.zeros(new Shape(spec.shape()), DataType.FLOAT32))
        .toList();
  }

  private static long floats(List<NDArray> arrays) {
    return arrays.stream().mapToLong(NDArray::size).sum();
  }
}
