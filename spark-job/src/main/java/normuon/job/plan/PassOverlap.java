package normuon.job.plan;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/**
 * What becomes of the gathering and reducing that runs beside the passes of a step, where ranks
 * hold rows of the weights: predicted seconds of what {@code metrics.jsonl} measures under the same
 * names.
 *
 * @param gatherExposed what the passes wait for gathered weights
 * @param gatherHidden the rest of the time that gathering takes
 * @param reduceExposed what the passes, and the step after them, wait for reduced gradients
 * @param reduceHidden the rest of the time that reducing takes
 */
public record PassOverlap(
    double gatherExposed, double gatherHidden, double reduceExposed, double reduceHidden) {

  /**
   * One stage of the model while the passes compute it, in seconds.
   *
   * @param gather until its weights are whole; 0 if they are there already
   * @param compute all micro-batches
   * @param reduce until its gradients are reduced; 0 in the forward pass
   */
  record Visit(double gather, double compute, double reduce) {}

  /**
   * Follows the passes. When they turn to a stage the weights of the next one set out; when they
   * leave it its gradients do. What sets out travels one after the other over the same network. A
   * stage begins when its weights are there, and if it makes gradients, when those of at most one
   * stage are still being reduced. So nothing hides the first stage's weights nor the last stage's
   * gradients.
   */
  static PassOverlap of(List<Visit> visits) {
    return new Timeline().follow(visits);
  }

  /** What the passes wait for. */
  public double exposed() {
    return gatherExposed + reduceExposed;
  }

  private static final class Timeline {

    private double now;
    private double networkFree;
    private final Deque<Double> reductions = new ArrayDeque<>();

    PassOverlap follow(List<Visit> visits) {
      double gatherExposed = 0;
      double reduceExposed = 0;
      double arrival = transfer(visits.get(0).gather());
      for (int i = 0; i < visits.size(); i++) {
        Visit visit = visits.get(i);
        double next = i + 1 < visits.size() ? transfer(visits.get(i + 1).gather()) : 0;
        gatherExposed += awaitUntil(arrival);
        if (visit.reduce() > 0 && reductions.size() > 1) {
          reduceExposed += awaitUntil(reductions.remove());
        }
        now += visit.compute();
        if (visit.reduce() > 0) {
          reductions.add(transfer(visit.reduce()));
        }
        arrival = next;
      }
      while (!reductions.isEmpty()) {
        reduceExposed += awaitUntil(reductions.remove());
      }
      double gather = visits.stream().mapToDouble(Visit::gather).sum();
      double reduce = visits.stream().mapToDouble(Visit::reduce).sum();
      return new PassOverlap(
          gatherExposed,
          Math.max(0, gather - gatherExposed),
          reduceExposed,
          Math.max(0, reduce - reduceExposed));
    }

    /** When something that sets out now will be there. */
    private double transfer(double seconds) {
      if (seconds == 0) {
        return now;
      }
      networkFree = Math.max(networkFree, now) + seconds;
      return networkFree;
    }

    private double awaitUntil(double moment) {
      double waited = Math.max(0, moment - now);
      now += waited;
      return waited;
    }
  }
}
