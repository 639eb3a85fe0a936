package normuon.job.train;

import ai.djl.ndarray.NDArray;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import normuon.optimizer.ParameterUpdate;
import normuon.optimizer.UpdateObserver;

/**
 * The update of all matrices in one step: momentum on every rank's rows, orthogonalization on the
 * owner of a matrix, normalized updates to the ranks that hold its weights. A pipeline over buckets
 * of matrices, largest first, in turns of one bucket of each owner: what is sent travels while the
 * owners multiply.
 */
final class MatrixUpdates {

  private final RankState state;
  private final UpdateRules rules;
  private final WeightLayout layout;
  private final int rank;
  private final PhaseClock clock;

  /** Places of buckets, turn by turn. */
  private final List<List<Integer>> turns;

  private final List<List<NDArray>> momentumRows = new ArrayList<>();
  private final List<MatrixExchange> exchanges = new ArrayList<>();
  private final int ahead;

  MatrixUpdates(RankState state, WeightLayout layout, int rank, PhaseClock clock) {
    this.state = state;
    this.rules = state.rules();
    this.layout = layout;
    this.rank = rank;
    this.clock = clock;
    this.turns = turns(state.buckets());
    this.ahead = Math.min(layout.turnsAhead(), turns.size());
  }

  /** As many buckets in a row as have different owners. */
  private static List<List<Integer>> turns(List<MatrixBucket> buckets) {
    List<List<Integer>> turns = new ArrayList<>();
    Set<Integer> owners = new HashSet<>();
    for (int i = 0; i < buckets.size(); i++) {
      if (turns.isEmpty() || !owners.add(buckets.get(i).owner())) {
        turns.add(new ArrayList<>());
        owners.clear();
        owners.add(buckets.get(i).owner());
      }
      turns.get(turns.size() - 1).add(i);
    }
    return turns;
  }

  /** Momentum on this rank's rows, the first of which set out to their owners. */
  void collectMomentum(double decay) {
    for (MatrixBucket bucket : state.buckets()) {
      momentumRows.add(rules.matrices().accumulate(bucket.gradientRows(), bucket.momenta(), decay));
    }
    for (int turn = 0; turn < ahead; turn++) {
      setOut(turn);
    }
  }

  private void setOut(int turn) {
    for (int i : turns.get(turn)) {
      exchanges.add(layout.collect(state.buckets().get(i), momentumRows.get(i)));
    }
  }

  /** The owners' part, and then the others' updates. */
  void finish(double rate, Measurement measurement) {
    for (int turn = 0; turn < turns.size(); turn++) {
      if (turn + ahead < turns.size()) {
        setOut(turn + ahead);
        clock.finish(Phase.COLLECT);
      }
      orthogonalizeOwned(turn, rate, measurement);
      if (turn >= ahead) {
        receiveOthers(turn - ahead, rate);
      }
    }
    for (int turn = turns.size() - ahead; turn < turns.size(); turn++) {
      receiveOthers(turn, rate);
    }
  }

  /** Whole momentum in, normalized updates out. */
  private void orthogonalizeOwned(int turn, double rate, Measurement measurement) {
    for (int i : turns.get(turn)) {
      MatrixBucket bucket = state.buckets().get(i);
      if (bucket.owner() == rank) {
        clock.running(Phase.COLLECT);
        List<NDArray> matrices = exchanges.get(i).momentum();
        clock.finish(Phase.COLLECT);
        UpdateObserver observer = measurement.matrices(bucket, rate);
        rules
            .matrices()
            .update(matrices, bucket.secondMoments(), bucket.settings().blocks(), observer);
        clock.finish(Phase.ORTHOGONALIZE);
        exchanges.get(i).send();
        clock.finish(Phase.BROADCAST);
        apply(bucket, exchanges.get(i).await(), rate);
        clock.finish(Phase.APPLY);
      }
    }
  }

  private void receiveOthers(int turn, double rate) {
    for (int i : turns.get(turn)) {
      MatrixBucket bucket = state.buckets().get(i);
      if (bucket.owner() != rank) {
        clock.running(Phase.BROADCAST);
        List<NDArray> updates = exchanges.get(i).await();
        clock.finish(Phase.BROADCAST);
        apply(bucket, updates, rate);
        clock.finish(Phase.APPLY);
      }
    }
  }

  /** W ← (1 − ηλ) W − η U, or another decay, to the same bits on every rank that holds W. */
  private void apply(MatrixBucket bucket, List<NDArray> updates, double rate) {
    ParameterUpdate update = rules.update();
    update.apply(
        bucket.weights(),
        updates,
        rate * bucket.settings().learningRate(),
        bucket.settings().weightDecay(),
        rules.matrices().weightDecay());
  }
}
