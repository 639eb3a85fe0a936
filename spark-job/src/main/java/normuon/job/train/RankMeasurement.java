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
 * parameters, whose updates are whole on every rank.
 */
final class RankMeasurement implements Measurement {

  private final RankState state;
  private final int rank;
  private final UpdateStatistics statistics;
  private final List<Watched> watched = new ArrayList<>();
  private final Map<Integer, ParameterDiagnostics> elements = new HashMap<>();

  private record Watched(
      MatrixBucket bucket, double rate, double[] weightNorms, UpdateMeasurement updates) {}

  RankMeasurement(RankState state, int rank) {
    this.state = state;
    this.rank = rank;
    this.statistics = state.rules().statistics();
  }

  @Override
  public UpdateObserver matrices(MatrixBucket bucket, double rate) {
    UpdateMeasurement updates =
        new UpdateMeasurement(
            statistics,
            state.rules().matrices(),
            bucket.matrices().size(),
            bucket.settings().blocks());
    watched.add(new Watched(bucket, rate, statistics.norms(bucket.weights()), updates));
    return updates;
  }

  @Override
  public void elements(ElementGroup group, double rate) {
    if (rank > 0) {
      return;
    }
    double[] weightNorms = statistics.norms(group.weights());
    double[] updateNorms = statistics.norms(group.whole());
    for (int i = 0; i < weightNorms.length; i++) {
      ElementShard element = group.elements().get(i);
      NormSpread rows = element.spec().shape().length == 1 ? null : spread(element.gradient());
      double updateNorm = rate * group.settings().learningRate() * updateNorms[i];
      elements.put(
          state.specs().indexOf(element.spec()),
          of(element.spec(), group.settings(), weightNorms[i], updateNorm, null, rows));
    }
  }

  private NormSpread spread(NDArray update) {
    return NormSpread.of(statistics.rowNorms(update));
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
            of(spec, settings, each.weightNorms()[i], updateNorm, matrix, matrix.after()));
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
