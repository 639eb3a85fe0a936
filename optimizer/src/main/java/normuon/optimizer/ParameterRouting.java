package normuon.optimizer;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import normuon.optimizer.ParameterGroup.Settings;
import normuon.torch.ParameterSpec;
import normuon.torch.Role;

/**
 * Decides which rule updates which parameter: the first pattern that fits its name, else its role.
 *
 * @param patterns in the order in which they are tried
 * @param matrices settings for hidden matrices that no pattern fits
 * @param others settings for embedding, head and vectors that no pattern fits, with a rule that
 *     does not orthogonalize. Vectors get no weight decay: it pulls towards zero, where the gain of
 *     a normalization has no business to be
 */
public record ParameterRouting(List<NamePattern> patterns, Settings matrices, Settings others) {

  /** Keeps a copy of the list. */
  public ParameterRouting {
    patterns = List.copyOf(patterns);
  }

  /**
   * Settings for the parameters of some names.
   *
   * @param pattern a name in which each {@code *} stands for any characters, or none
   * @param settings rule and numbers, used as they are, for vectors too
   */
  public record NamePattern(String pattern, Settings settings) {

    /** Whether a parameter has such a name. */
    public boolean fits(ParameterSpec parameter) {
      String expression =
          Arrays.stream(pattern.split("\\*", -1))
              .map(Pattern::quote)
              .collect(Collectors.joining(".*"));
      return parameter.name().matches(expression);
    }
  }

  /**
   * The groups of a model, those of the patterns first.
   *
   * @param parameters all parameters of the model
   * @return groups that are not empty; together every parameter once
   * @throws IllegalArgumentException if a pattern fits nothing that is left to it, or {@link
   *     #requireDeclared} refuses the groups
   */
  public List<ParameterGroup> groups(List<ParameterSpec> parameters) {
    List<ParameterSpec> left = new ArrayList<>(parameters);
    List<ParameterGroup> groups = new ArrayList<>();
    for (NamePattern pattern : patterns) {
      List<ParameterSpec> fitting = left.stream().filter(pattern::fits).toList();
      if (fitting.isEmpty()) {
        throw new IllegalArgumentException(
            "Invalid pattern \""
                + pattern.pattern()
                + "\": must fit a parameter that no earlier pattern fits");
      }
      groups.add(new ParameterGroup(pattern.settings(), fitting));
      left.removeAll(fitting);
    }
    if (!left.isEmpty()) {
      ParameterGroup.byRole(left, matrices, others)
          .forEach(group -> addWithoutDecayOfVectors(group, groups));
    }
    requireDeclared(groups);
    return List.copyOf(groups);
  }

  private static void addWithoutDecayOfVectors(ParameterGroup group, List<ParameterGroup> groups) {
    Settings decayed = group.settings();
    if (decayed.rule().orthogonalizes() || decayed.weightDecay() == 0) {
      groups.add(group);
      return;
    }
    Settings undecayed = new Settings(decayed.rule(), decayed.learningRate(), 0);
    var vectors =
        group.parameters().stream()
            .collect(Collectors.partitioningBy(spec -> spec.role() == Role.VECTOR));
    groups.add(new ParameterGroup(decayed, vectors.get(false)));
    groups.add(new ParameterGroup(undecayed, vectors.get(true)));
    groups.removeIf(added -> added.parameters().isEmpty());
  }

  /**
   * Checks that groups, whoever made them, are what this routing allows. A hidden matrix that ends
   * up with AdamW or Sophia by mistake trains all the same, only worse, so nothing else would show
   * it.
   *
   * @throws IllegalArgumentException if a hidden matrix goes to an element-wise rule though neither
   *     a pattern nor the settings for matrices say so, if no parameter is a hidden matrix though
   *     they have a rule that orthogonalizes, or if such a rule has a parameter that is no matrix,
   *     or a matrix that its blocks do not divide
   */
  public void requireDeclared(List<ParameterGroup> groups) {
    for (ParameterGroup group : groups) {
      for (ParameterSpec parameter : group.parameters()) {
        requireDeclared(parameter, group.settings().rule());
        group.settings().blocks().requireDivisible(parameter);
      }
    }
    boolean orthogonalizes =
        matrices.rule().orthogonalizes()
            && patterns.stream().noneMatch(p -> p.settings().rule().orthogonalizes());
    boolean hasMatrices =
        groups.stream()
            .flatMap(group -> group.parameters().stream())
            .anyMatch(parameter -> parameter.role() == Role.MATRIX);
    if (orthogonalizes && !hasMatrices) {
      throw new IllegalArgumentException(
          "Invalid parameters: none has the role MATRIX, for which the rule is " + matrices.rule());
    }
  }

  private void requireDeclared(ParameterSpec parameter, UpdateRule rule) {
    if (rule.orthogonalizes() && parameter.shape().length != 2) {
      throw new IllegalArgumentException(
          "Invalid rule "
              + rule
              + " for "
              + parameter.name()
              + " of shape "
              + Arrays.toString(parameter.shape())
              + ": must be ADAMW, SOPHIA_G or SOPHIA_H for what is no matrix");
    }
    if (parameter.role() == Role.MATRIX
        && !rule.orthogonalizes()
        && declared(parameter).rule() != rule) {
      throw new IllegalArgumentException(
          "Invalid rule "
              + rule
              + " for the hidden matrix "
              + parameter.name()
              + ": must be "
              + declared(parameter).rule()
              + ", as no pattern says otherwise");
    }
  }

  private Settings declared(ParameterSpec matrix) {
    Optional<NamePattern> first = patterns.stream().filter(p -> p.fits(matrix)).findFirst();
    return first.map(NamePattern::settings).orElse(matrices);
  }
}
