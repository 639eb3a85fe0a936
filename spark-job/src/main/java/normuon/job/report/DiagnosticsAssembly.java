package normuon.job.report;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import normuon.job.config.RunConfiguration;

/** Puts together what the ranks measure in a step, and which steps were clipped before it. */
public final class DiagnosticsAssembly {

  private final double gradientClip;
  private final int everySteps;
  private final BitSet clipped = new BitSet();

  /** By step and rank: a rank that is ahead may tell before another tells of the step before. */
  private final NavigableMap<Integer, Map<Integer, RankDiagnostics>> parts = new TreeMap<>();

  /** Creates the assembly of a run. */
  public DiagnosticsAssembly(RunConfiguration configuration) {
    this.gradientClip = configuration.optimizer().gradientClip();
    this.everySteps = configuration.report().diagnosticsEverySteps();
  }

  /**
   * Learns which steps were clipped that an earlier process made.
   *
   * @param directory the run directory
   */
  public void recall(RunDirectory directory) {
    if (everySteps > 0) {
      MetricsLog.forEach(directory, this::recall);
    }
  }

  private void recall(JsonNode line) {
    if (line.has("grad_norm")) {
      note(line.get("step").asInt(), line.get("grad_norm").asDouble(Double.NaN));
    }
  }

  /** Takes note of a step, which may have been made before. */
  public void add(StepRecord step) {
    note(step.step(), step.gradNorm());
  }

  /** A refused step has a norm that is no number, and was not clipped. */
  private void note(int step, double gradientNorm) {
    clipped.set(step, gradientClip > 0 && gradientNorm > gradientClip);
  }

  /** Forgets what ranks measured in a step that not all of them have ended. */
  public void forgetUnfinished() {
    parts.clear();
  }

  /**
   * Adds what a rank measured in a step that was {@link #add added} before.
   *
   * @return the step's line, once every rank has told
   */
  public Optional<StepDiagnostics> add(RankDiagnostics part) {
    Map<Integer, RankDiagnostics> ofStep =
        parts.computeIfAbsent(part.step(), step -> new TreeMap<>());
    ofStep.put(part.rank(), part);
    if (ofStep.size() < part.worldSize()) {
      return Optional.empty();
    }
    Map<Integer, ParameterDiagnostics> parameters = new TreeMap<>();
    ofStep.values().forEach(each -> parameters.putAll(each.parameters()));
    parts.headMap(part.step(), true).clear();
    return Optional.of(
        new StepDiagnostics(
            part.step(), clippedSteps(part.step()), List.copyOf(parameters.values())));
  }

  private double clippedSteps(int step) {
    int steps = Math.min(everySteps, step);
    return (double) clipped.get(step - steps + 1, step + 1).cardinality() / steps;
  }
}
