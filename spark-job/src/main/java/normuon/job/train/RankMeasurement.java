package normuon.job.train;

import ai.djl.ndarray.NDArray;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import normuon.job.report.ParameterDiagnostics;
import normuon.optimizer.MatrixStatistics;
import normuon.optimizer.NormSpread;
import normuon.optimizer.ParameterGroup;
import normuon.optimizer.UpdateMeasurement;
import normuon.optimizer.UpdateObserver;
import normuon.optimizer.UpdateStatistics;
import normuon.torch.ParameterSpec;

/**
 * Measures one step: on every rank the matrices that it owns, and on the first rank all other
 * parameters. All ranks measure the same steps, as they may have to tell each other of their rows.
 */
final class RankMeasurement implements Measurement {

  private final RankState state;
  private final WeightLayout layout;
  private final boolean first;
  private final UpdateStatistics statistics;
  private final List<Watched> watched = new ArrayList<>();
  private final Map<Integer, ParameterDiagnostics> elements = new HashMap<>();

  private final Map<ParameterSpec, Double> matrixNorms = new HashMap<>();

  private record Watched(MatrixBucket bucket, double rate, UpdateMeasurement updates) {}

  /**
   * Prepares to measure a step.
   *
   * @param first whether this is the first rank
   */
  RankMeasurement(RankState state, WeightLayout layout, boolean first) {
    this.state = state;
    this.layout = layout;
    this.first = first;
    this.statistics = state.rules().statistics();
  }

  @Override
  public void begin() {
    List<MatrixShard> matrices =
        state.buckets().stream().flatMap(bucket -> bucket.matrices().stream()).toList();
    if (matrices.isEmpty()) {
      return;
    }
    double[] norms = layout.norms(matrices.stream().map(MatrixShard::weight).toList());
    for (int i = 0; i < norms.length; i++) {
      matrixNorms.put(matrices.get(i).spec(), norms[i]);
    }
  }

  @Override
  public UpdateObserver matrices(MatrixBucket bucket, double rate) {
    UpdateMeasurement updates =
        new UpdateMeasurement(
            statistics,
            state.rules().matrices(),
            bucket.matrices().size(),
            bucket.settings().blocks());
    watched.add(new Watched(bucket, rate, updates));
    return updates;
  }

  @Override
  public void elements(ElementGroup group, List<NDArray> updates, double rate) {
    double[] weightNorms = layout.norms(group.weights());
    double[] updateNorms = layout.norms(updates);
    for (int i = 0; i < weightNorms.length; i++) {
      ElementShard element = group.elements().get(i);
      NormSpread rows = null;
      if (element.spec().shape().length > 1) {
        rows = layout.rowNorms(element.spec(), updates.get(i)).map(NormSpread::of).orElse(null);
      }
      if (first) {
        double updateNorm = rate * group.settings().learningRate() * updateNorms[i];
        elements.put(
            state.specs().indexOf(element.spec()),
            of(element.spec(), group.settings(), weightNorms[i], updateNorm, null, rows));
      }
    }
  }

  @Override
  public Map<Integer, ParameterDiagnostics> parameters() {
    Map<Integer, ParameterDiagnostics> parameters = new HashMap<>(elements);
    for (Watched each : watched) {
      ParameterGroup.Settings settings = each.bucket().settings();
      List<MatrixStatistics> matrices = each.updates().matrices();
      for (int i = 0; i < matrices.size(); i++) {
        ParameterSpec spec = each.bucket().matrices().get(i).spec();
        MatrixStatistics matrix = matrices.get(i);
        double updateNorm = each.rate() * settings.learningRate() * matrix.updateNorm();
        parameters.put(
            state.specs().indexOf(spec),
            of(spec, settings, matrixNorms.get(spec), updateNorm, matrix, matrix.after()));
      }
    }
    return parameters;
  }

  private static ParameterDiagnostics of(
      ParameterSpec spec,
      ParameterGroup.Settings settings,
      double weightNorm,
      double updateNorm,
      MatrixStatistics matrix,
      NormSpread after) {
    return new ParameterDiagnostics(
        spec.name(),
        settings.rule().name().toLowerCase(Locale.ROOT),
        spec.rows(),
        spec.columns(),
        weightNorm,
        updateNorm,
        updateNorm / weightNorm,
        matrix == null ? null : matrix.before(),
        after,
        matrix == null ? null : matrix.momentumCondition(),
        matrix == null ? null : matrix.updateCondition());
  }
}
