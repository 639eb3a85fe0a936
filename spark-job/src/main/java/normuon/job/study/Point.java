package normuon.job.study;

import java.util.ArrayList;
import java.util.List;

/**
 * One run of a study.
 *
 * @param rule the rule that is trained with
 * @param learningRate its peak learning rate, as it is written in the study file
 * @param seed the seed
 */
public record Point(Rule rule, String learningRate, long seed) {

  /** The name of the run's directory, such as {@code normuon-0.01-1337}. */
  public String name() {
    return rule.name() + "-" + learningRate + "-" + seed;
  }

  /** What makes this run differ from others of the study, as texts {@code key=value}. */
  List<String> assignments() {
    List<String> assignments = new ArrayList<>();
    rule.settings().forEach((key, value) -> assignments.add(key + "=" + value));
    assignments.add(rule.learningRateKey() + "=" + learningRate);
    assignments.add("train.seed=" + seed);
    return assignments;
  }
}
