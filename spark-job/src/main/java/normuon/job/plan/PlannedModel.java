package normuon.job.plan;

import java.util.List;
import normuon.job.config.InvalidConfigurationException;
import normuon.job.config.OptimizerSettings;
import normuon.job.config.RunConfiguration;
import normuon.job.train.MatrixOptions;
import normuon.job.train.ModelPlan;
import normuon.model.ActivationMemory;
import normuon.model.Gpt;
import normuon.model.GptConfiguration;
import normuon.optimizer.NorMuonOptions;
import normuon.optimizer.Orthogonalizer;
import normuon.optimizer.ParameterGroup;
import normuon.optimizer.shard.OwnerPlan;
import normuon.torch.ParameterSpec;
import normuon.torch.Role;

/**
 * What is planned, whatever the number of ranks.
 *
 * @param configuration the effective configuration
 * @param shape the model's shape
 * @param parameters all parameters in the model's order
 * @param groups which rule updates which parameter
 */
record PlannedModel(
    RunConfiguration configuration,
    GptConfiguration shape,
    List<ParameterSpec> parameters,
    List<ParameterGroup> groups) {

  /**
   * Routes the parameters of a configuration.
   *
   * @throws InvalidConfigurationException if the configuration fits no model, or its groups do not
   *     fit the parameters
   */
  static PlannedModel of(RunConfiguration configuration, int vocabularySize) {
    try {
      GptConfiguration shape = ModelPlan.configuration(configuration.model(), vocabularySize);
      List<ParameterSpec> parameters = Gpt.specs(shape);
      return new PlannedModel(
          configuration, shape, parameters, ModelPlan.of(configuration, parameters, 1).groups());
    } catch (IllegalArgumentException e) {
      throw new InvalidConfigurationException("Cannot plan: " + e.getMessage(), e);
    }
  }

  OwnerPlan owners(int ranks) {
    return ModelPlan.owners(configuration, groups, ranks);
  }

  /** The groups that are updated element by element, each of which travels in one exchange. */
  List<ParameterGroup> elementGroups() {
    return groups.stream().filter(group -> !group.settings().rule().orthogonalizes()).toList();
  }

  List<ParameterSpec> matrices() {
    return groups.stream()
        .filter(group -> group.settings().rule().orthogonalizes())
        .flatMap(group -> group.parameters().stream())
        .toList();
  }

  /** The length of NorMuon's second moment of a matrix; Muon keeps none. */
  long secondMomentLength(ParameterSpec matrix) {
    return configuration.optimizer().name() == OptimizerSettings.Name.MUON
        ? 0
        : matrixOptions().secondMoment().length(matrix.rows(), matrix.columns());
  }

  /** Floating-point operations of a matrix's orthogonalization, as they are done. */
  double orthogonalizationFlops(ParameterSpec matrix) {
    return Orthogonalizer.flops(matrixOptions().newtonSchulz(), matrix.rows(), matrix.columns());
  }

  private NorMuonOptions matrixOptions() {
    return MatrixOptions.of(configuration.optimizer());
  }

  /** The most sequences that a rank takes of a step: they are divided as rows are. */
  long sequencesOfRank(int ranks) {
    return (configuration.train().sequencesPerStep() + ranks - 1L) / ranks;
  }

  /** The memory of the largest micro-batch. */
  ActivationMemory activations(int ranks) {
    int limit = configuration.train().microBatchSequences();
    long share = sequencesOfRank(ranks);
    return ActivationMemory.of(shape, limit == 0 ? share : Math.min(limit, share), shape.context());
  }

  /**
   * Floating-point operations of the forward and backward pass over a rank's sequences of a step: 6
   * for each weight that multiplies (2 forward, 4 backward) and 7 T D per layer for causal
   * attention over T tokens (2 products forward, 5 backward, of which half is computed), for each
   * token.
   */
  double backwardFlops(int ranks) {
    double tokens = (double) sequencesOfRank(ranks) * shape.context();
    double weights =
        (double) shape.vocabularySize() * shape.width()
            + parameters.stream()
                .filter(parameter -> parameter.role() == Role.MATRIX)
                .mapToLong(ParameterSpec::elements)
                .sum();
    double attention = 7.0 * shape.layers() * shape.context() * shape.width();
    return tokens * (6 * weights + attention);
  }
}
