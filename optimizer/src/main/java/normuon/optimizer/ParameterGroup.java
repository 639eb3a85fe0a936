package normuon.optimizer;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import normuon.torch.ParameterSpec;
import normuon.torch.Role;

/**
 * Parameters that one rule updates with the same numbers.
 *
 * @param settings the rule and its numbers
 * @param parameters the parameters, in the model's order
 */
public record ParameterGroup(Settings settings, List<ParameterSpec> parameters) {

  /** Keeps a copy of the list. */
  public ParameterGroup {
    parameters = List.copyOf(parameters);
  }

  /**
   * A rule and its step.
   *
   * @param rule the rule
   * @param learningRate η at full schedule, at least 0
   * @param weightDecay λ, at least 0; {@link WeightDecay} says how weights decay by it
   * @param blocks the blocks that a rule which orthogonalizes cuts matrices into; whole for others
   */
  public record Settings(
      UpdateRule rule, double learningRate, double weightDecay, MatrixBlocks blocks) {

    /** Checks the numbers. */
    public Settings {
      Range.notNegative("learning rate", learningRate);
      Range.notNegative("weight decay", weightDecay);
      if (!rule.orthogonalizes() && !blocks.isWhole()) {
        throw new IllegalArgumentException(
            "Invalid "
                + blocks
                + " for the rule "
                + rule
                + ", which orthogonalizes nothing: must be 1");
      }
    }

    /** Settings for matrices that stay whole. */
    public Settings(UpdateRule rule, double learningRate, double weightDecay) {
      this(rule, learningRate, weightDecay, MatrixBlocks.whole());
    }
  }

  /**
   * Routes every parameter by its role: {@link Role#MATRIX} to one rule, all others to another. If
   * both have the same settings there is one group.
   *
   * @param parameters all parameters of the model
   * @param matrices settings for hidden matrices
   * @param others settings for embedding, head and vectors; the rule must not orthogonalize
   * @return the groups that are not empty, matrices first; together every parameter once
   */
  public static List<ParameterGroup> byRole(
      List<ParameterSpec> parameters, Settings matrices, Settings others) {
    if (others.rule().orthogonalizes()) {
      throw new IllegalArgumentException(
          "Invalid rule "
              + others.rule()
              + " for parameters that are not matrices: must be ADAMW, SOPHIA_G or SOPHIA_H");
    }
    parameters.forEach(ParameterGroup::requireMatrixShape);
    if (matrices.equals(others)) {
      return List.of(new ParameterGroup(matrices, parameters));
    }
    Map<Boolean, List<ParameterSpec>> split =
        parameters.stream().collect(Collectors.partitioningBy(spec -> spec.role() == Role.MATRIX));
    List<ParameterGroup> groups = new ArrayList<>();
    groups.add(new ParameterGroup(matrices, split.get(true)));
    groups.add(new ParameterGroup(others, split.get(false)));
    groups.removeIf(group -> group.parameters().isEmpty());
    return List.copyOf(groups);
  }

  private static void requireMatrixShape(ParameterSpec spec) {
    if (spec.role() == Role.MATRIX && spec.shape().length != 2) {
      throw new IllegalArgumentException(
          "Invalid shape "
              + Arrays.toString(spec.shape())
              + " of "
              + spec.name()
              + ": a parameter of role MATRIX must have two dimensions");
    }
  }

  /** The number of elements of all parameters. */
  public long elements() {
    return parameters.stream().mapToLong(ParameterSpec::elements).sum();
  }

  /** One line for the log: the rule, its numbers and blocks, and what it updates, by role. */
  public String describe() {
    Map<Role, Long> roles =
        parameters.stream()
            .collect(
                Collectors.groupingBy(ParameterSpec::role, TreeMap::new, Collectors.counting()));
    return String.format(
        "%s: learning rate %s, weight decay %s, %s%d parameters (%d elements) %s",
        settings.rule(),
        settings.learningRate(),
        settings.weightDecay(),
        settings.blocks().isWhole() ? "" : settings.blocks() + ", ",
        parameters.size(),
        elements(),
        roles);
  }
}
