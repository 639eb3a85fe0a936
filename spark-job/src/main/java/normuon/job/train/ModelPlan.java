package normuon.job.train;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import normuon.job.config.ModelSettings;
import normuon.job.config.RunConfiguration;
import normuon.job.config.TrainSettings;
import normuon.model.ActivationCheckpointing;
import normuon.model.ComputeOptions;
import normuon.model.ComputePrecision;
import normuon.model.GptConfiguration;
import normuon.optimizer.MatrixBlocks;
import normuon.optimizer.NewtonSchulz;
import normuon.optimizer.ParameterGroup;
import normuon.optimizer.shard.Bucket;
import normuon.optimizer.shard.OwnerPlan;
import normuon.torch.ParameterSpec;

/**
 * Which rule updates which parameter and which rank owns which matrix: a pure function of the
 * configuration and the shapes, so that the driver prints what every rank does.
 *
 * @param groups which rule updates which parameter
 * @param owners which rank orthogonalizes which matrix
 * @param buckets which matrices travel together
 */
public record ModelPlan(List<ParameterGroup> groups, OwnerPlan owners, List<Bucket> buckets) {

  /**
   * Makes the plan.
   *
   * @throws IllegalArgumentException if the configured groups do not fit the parameters
   */
  public static ModelPlan of(
      RunConfiguration configuration, List<ParameterSpec> specs, int worldSize) {
    List<ParameterGroup> groups = UpdateRules.routing(configuration.optimizer()).groups(specs);
    OwnerPlan owners = owners(configuration, groups, worldSize);
    List<Bucket> buckets = owners.buckets(configuration.communication().bucketBytes());
    return new ModelPlan(
        groups, owners, buckets.stream().flatMap(bucket -> byGroup(bucket, groups)).toList());
  }

  /** Which rank orthogonalizes which of the groups' matrices. */
  public static OwnerPlan owners(
      RunConfiguration configuration, List<ParameterGroup> groups, int worldSize) {
    NewtonSchulz iteration = MatrixOptions.of(configuration.optimizer()).newtonSchulz();
    Map<ParameterSpec, Long> work = new LinkedHashMap<>();
    for (ParameterGroup group : groups) {
      if (group.settings().rule().orthogonalizes()) {
        MatrixBlocks blocks = group.settings().blocks();
        group
            .parameters()
            .forEach(m -> work.put(m, iteration.flops(m.rows(), m.columns(), blocks)));
      }
    }
    return OwnerPlan.of(List.copyOf(work.keySet()), worldSize, work::get);
  }

  /** A bucket's matrices are applied with the same numbers. */
  private static Stream<Bucket> byGroup(Bucket bucket, List<ParameterGroup> groups) {
    return groups.stream()
        .map(group -> bucket.matrices().stream().filter(group.parameters()::contains).toList())
        .filter(matrices -> !matrices.isEmpty())
        .map(matrices -> new Bucket(bucket.owner(), matrices));
  }

  /**
   * The model that the settings describe.
   *
   * @param tokens the number of tokens of the tokenizer
   * @throws IllegalArgumentException if they describe none that has these tokens
   */
  public static GptConfiguration configuration(ModelSettings settings, int tokens) {
    if (settings.vocabularySize() != 0 && settings.vocabularySize() < tokens) {
      throw new IllegalArgumentException(
          "Invalid model.vocabulary_size %d: the tokenizer has %d tokens; must be at least that, or 0"
              .formatted(settings.vocabularySize(), tokens));
    }
    return new GptConfiguration(
        Math.max(settings.vocabularySize(), tokens),
        settings.layers(),
        settings.heads(),
        settings.effectiveKeyValueHeads(),
        settings.headWidth(),
        settings.width(),
        settings.context(),
        GptConfiguration.Mlp.valueOf(settings.mlp().name()),
        settings.effectiveMlpWidth(),
        settings.queryKeyNorm(),
        settings.tiedHead(),
        settings.rotaryBase(),
        settings.normEpsilon());
  }

  /** How the settings say that the model computes. */
  public static ComputeOptions computeOptions(TrainSettings settings) {
    return new ComputeOptions(
        ComputePrecision.valueOf(settings.precision().name()),
        ActivationCheckpointing.valueOf(settings.activationCheckpointing().name()),
        settings.lossChunkTokens());
  }

  /** For people: the routing of parameters and the owners of matrices. */
  String describe() {
    StringBuilder text = new StringBuilder();
    groups.forEach(group -> text.append(group.describe()).append('\n'));
    return text.append(owners.describe()).toString();
  }

  /**
   * For people: every parameter with its rule and, if it is orthogonalized, blocks and owner; then
   * what each owner has to do.
   */
  String routing() {
    StringBuilder text = new StringBuilder();
    for (ParameterGroup group : groups) {
      text.append(group.describe()).append('\n');
      boolean owned = group.settings().rule().orthogonalizes();
      for (ParameterSpec parameter : group.parameters()) {
        text.append("  ").append(parameter).append(inBlocks(parameter, group.settings().blocks()));
        text.append(owned ? ", rank " + owners.owner(parameter.name()) + "\n" : "\n");
      }
    }
    return text.append(owners.describe()).append('\n').toString();
  }

  private static String inBlocks(ParameterSpec matrix, MatrixBlocks blocks) {
    if (blocks.isWhole()) {
      return "";
    }
    long[] shape = blocks.shape(matrix.rows(), matrix.columns());
    return ", as " + blocks.count() + " matrices " + Arrays.toString(shape);
  }
}
