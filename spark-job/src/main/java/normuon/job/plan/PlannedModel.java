package normuon.job.plan;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import normuon.job.config.InvalidConfigurationException;
import normuon.job.config.OptimizerSettings;
import normuon.job.config.RunConfiguration;
import normuon.job.config.TrainSettings;
import normuon.job.config.WeightsSettings;
import normuon.job.train.MatrixOptions;
import normuon.job.train.ModelPlan;
import normuon.model.ActivationMemory;
import normuon.model.ComputeOptions;
import normuon.model.Gpt;
import normuon.model.GptConfiguration;
import normuon.model.ModelStages;
import normuon.optimizer.MatrixBlocks;
import normuon.optimizer.NorMuonOptions;
import normuon.optimizer.Orthogonalizer;
import normuon.optimizer.ParameterGroup;
import normuon.optimizer.UpdateRule;
import normuon.optimizer.shard.OwnerPlan;
import normuon.torch.ParameterSpec;
import normuon.torch.Role;

/**
 * What is planned, whatever the number of ranks.
 *
 * @param configuration the effective configuration
 * @param shape the model's shape
 * @param stages the model's stages
 * @param parameters all parameters in the model's order
 * @param groups which rule updates which parameter
 * @param blocks the blocks of each matrix that is orthogonalized
 */
record PlannedModel(
    RunConfiguration configuration,
    GptConfiguration shape,
    ModelStages stages,
    List<ParameterSpec> parameters,
    List<ParameterGroup> groups,
    Map<ParameterSpec, MatrixBlocks> blocks) {

  /**
   * Routes the parameters of a configuration.
   *
   * @throws InvalidConfigurationException if the configuration fits no model, or its groups do not
   *     fit the parameters
   */
  static PlannedModel of(RunConfiguration configuration, int vocabularySize) {
    GptConfiguration shape = shape(configuration, vocabularySize);
    List<ParameterSpec> parameters = Gpt.specs(shape);
    try {
      List<ParameterGroup> groups = ModelPlan.of(configuration, parameters, 1).groups();
      return new PlannedModel(
          configuration, shape, ModelStages.of(shape), parameters, groups, blocks(groups));
    } catch (IllegalArgumentException e) {
      throw new InvalidConfigurationException("Cannot use optimizer.groups: " + e.getMessage(), e);
    }
  }

  private static GptConfiguration shape(RunConfiguration configuration, int vocabularySize) {
    try {
      return ModelPlan.configuration(configuration.model(), vocabularySize);
    } catch (IllegalArgumentException e) {
      throw new InvalidConfigurationException(e.getMessage(), e);
    }
  }

  private static Map<ParameterSpec, MatrixBlocks> blocks(List<ParameterGroup> groups) {
    Map<ParameterSpec, MatrixBlocks> blocks = new LinkedHashMap<>();
    for (ParameterGroup group : groups) {
      if (group.settings().rule().orthogonalizes()) {
        group.parameters().forEach(matrix -> blocks.put(matrix, group.settings().blocks()));
      }
    }
    return blocks;
  }

  OwnerPlan owners(int ranks) {
    return ModelPlan.owners(configuration, groups, ranks);
  }

  /** The same model with its weights held in another way. */
  PlannedModel with(WeightsSettings weights) {
    return new PlannedModel(configuration.with(weights), shape, stages, parameters, groups, blocks);
  }

  /** Whether a rule needs all weights on every rank. */
  boolean needsAllWeights() {
    return has(UpdateRule.SOPHIA_H);
  }

  /** For people: the layout of the weights. */
  String describeLayout() {
    WeightsSettings weights = configuration.weights();
    String layout = weights.layout().name().toLowerCase(Locale.ROOT);
    return weights.shardGroup() == 0 ? layout : layout + " in groups of " + weights.shardGroup();
  }

  /** Whether ranks hold rows of the weights. */
  boolean isSharded() {
    return configuration.weights().isSharded();
  }

  /** How many ranks hold all rows between them; all where the configured number does not fit. */
  int groupSize(int ranks) {
    int configured = isSharded() ? configuration.weights().groupSize(ranks) : ranks;
    return ranks % configured == 0 ? configured : ranks;
  }

  /** Whether a block's gathered weights stay between forward and backward pass. */
  boolean isKept(int stage) {
    int output = stages.output();
    int kept = configuration.weights().keepGatheredBlocks();
    return stage != ModelStages.EMBEDDING && stage < output && stage >= output - kept;
  }

  /** What a stage multiplies with in bfloat16: none where products are made in float32. */
  List<ParameterSpec> rounded(int stage) {
    return switch (configuration.train().precision()) {
      case F32 -> List.of();
      case BF16 ->
          stages.specs(stage).stream()
              .filter(parameter -> ModelStages.multiplied(stage, parameter))
              .toList();
    };
  }

  /** The groups that are updated element by element, each of which travels in one exchange. */
  List<ParameterGroup> elementGroups() {
    return groups.stream().filter(group -> !group.settings().rule().orthogonalizes()).toList();
  }

  /** The parameters whose curvature Sophia estimates. */
  List<ParameterSpec> sophiaParameters() {
    return groups.stream()
        .filter(group -> group.settings().rule().estimatesCurvature())
        .flatMap(group -> group.parameters().stream())
        .toList();
  }

  List<ParameterSpec> matrices() {
    return List.copyOf(blocks.keySet());
  }

  /** The length of NorMuon's second moments of a matrix; Muon keeps none. */
  long secondMomentLength(ParameterSpec matrix) {
    long[] block = block(matrix);
    return configuration.optimizer().name() == OptimizerSettings.Name.MUON
        ? 0
        : blocks.get(matrix).count() * matrixOptions().secondMoment().length(block[0], block[1]);
  }

  /** Floating-point operations of a matrix's orthogonalization, as they are done. */
  double orthogonalizationFlops(ParameterSpec matrix) {
    long[] block = block(matrix);
    return blocks.get(matrix).count()
        * Orthogonalizer.flops(matrixOptions().newtonSchulz(), block[0], block[1]);
  }

  /** Rows and columns of what is orthogonalized as one. */
  long[] block(ParameterSpec matrix) {
    return blocks.get(matrix).shape(matrix.rows(), matrix.columns());
  }

  private NorMuonOptions matrixOptions() {
    return MatrixOptions.of(configuration.optimizer());
  }

  /** The most sequences that a rank takes of a step: they are divided as rows are. */
  long sequencesOfRank(int ranks) {
    return (configuration.train().sequencesPerStep() + ranks - 1L) / ranks;
  }

  ComputeOptions computeOptions() {
    return ModelPlan.computeOptions(configuration.train());
  }

  /** For people: in what precision, with what kept, with how many logits at once. */
  String describePasses() {
    TrainSettings train = configuration.train();
    return "forward and backward in %s, activation checkpointing %s, loss by chunks of %,d tokens"
        .formatted(
            train.precision().name().toLowerCase(Locale.ROOT),
            train.activationCheckpointing().name().toLowerCase(Locale.ROOT),
            computeOptions().lossChunk(shape.vocabularySize()));
  }

  /** The memory of the largest micro-batch. */
  ActivationMemory activations(int ranks) {
    return ActivationMemory.of(shape, computeOptions(), microBatch(ranks), shape.context());
  }

  /** The memory of all micro-batches of a rank's step, where they go through the model together. */
  ActivationMemory activationsTogether(int ranks) {
    return ActivationMemory.of(
        shape, computeOptions(), microBatch(ranks), shape.context(), microBatches(ranks));
  }

  private long microBatches(int ranks) {
    long sequences = sequencesOfRank(ranks);
    long each = microBatch(ranks);
    return (sequences + each - 1) / each;
  }

  /** Bytes of the copies of the weights that the model computes with; 0 where it has none. */
  long computeWeights() {
    if (configuration.train().precision() == TrainSettings.Precision.F32 || isSharded()) {
      return 0;
    }
    return Short.BYTES * (matrixWeights() + headWeights());
  }

  /** What it takes to estimate the curvature on the largest micro-batch; 0 without Sophia. */
  long curvature(int ranks) {
    if (has(UpdateRule.SOPHIA_G)) {
      long together = isSharded() ? microBatches(ranks) : 1;
      return ActivationMemory.sampling(
          shape, computeOptions(), microBatch(ranks), shape.context(), together);
    }
    if (has(UpdateRule.SOPHIA_H)) {
      long direction = parameters.stream().mapToLong(ParameterSpec::elements).sum() * Float.BYTES;
      return direction + ActivationMemory.hessianProduct(shape, microBatch(ranks), shape.context());
    }
    return 0;
  }

  private boolean has(UpdateRule rule) {
    return groups.stream().anyMatch(group -> group.settings().rule() == rule);
  }

  private long microBatch(int ranks) {
    return configuration.train().sequencesAtOnce(ranks);
  }

  private long matrixWeights() {
    return parameters.stream()
        .filter(parameter -> parameter.role() == Role.MATRIX)
        .mapToLong(ParameterSpec::elements)
        .sum();
  }

  /** The head multiplies also where it is the embedding. */
  private long headWeights() {
    return (long) shape.vocabularySize() * shape.width();
  }

  /**
   * Floating-point operations of the forward and backward pass over a rank's sequences of a step: 6
   * for each weight that multiplies (2 forward, 4 backward) and 7 T H d per layer for causal
   * attention of H heads of width d over T tokens (2 products forward, 5 backward, of which half is
   * computed), for each token. Checkpointing adds the forward pass of the blocks, but for their
   * last product.
   */
  double backwardFlops(int ranks) {
    double attention = (double) shape.layers() * shape.context() * shape.queryWidth();
    double once = 6.0 * (matrixWeights() + headWeights()) + 7 * attention;
    double again =
        switch (configuration.train().activationCheckpointing()) {
          case NONE -> 0;
          case BLOCKS -> 2.0 * (matrixWeights() - downWeights()) + 2 * attention;
        };
    return tokens(ranks) * (once + again);
  }

  /** Those of them that one block's forward pass does. */
  double blockForwardFlops(int ranks) {
    double attention = (double) shape.layers() * shape.context() * shape.queryWidth();
    return tokens(ranks) * 2 * (matrixWeights() + attention) / shape.layers();
  }

  /** Those of them that one block's backward pass does. */
  double blockBackwardFlops(int ranks) {
    double blocks = backwardFlops(ranks) - outputFlops(ranks);
    return blocks / shape.layers() - blockForwardFlops(ranks);
  }

  /** Those of them that the head does. */
  double outputFlops(int ranks) {
    return tokens(ranks) * 6 * headWeights();
  }

  private double tokens(int ranks) {
    return (double) sequencesOfRank(ranks) * shape.context();
  }

  private long downWeights() {
    return (long) shape.layers() * shape.width() * shape.mlpWidth();
  }
}
