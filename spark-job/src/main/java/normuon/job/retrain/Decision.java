package normuon.job.retrain;

import java.util.List;
import java.util.Locale;
import normuon.job.retrain.Verdict.Loss;
import normuon.job.retrain.Verdict.Model;
import normuon.job.retrain.Verdict.Outcome;
import normuon.job.retrain.Verdict.ValidationSet;

/**
 * Whether a model is promoted.
 *
 * @param outcome promoted or not
 * @param reason why, in one line
 */
record Decision(Outcome outcome, String reason) {

  /**
   * Decides by what was measured.
   *
   * @param losses of both models on both sets, or the candidate's alone if there is no other
   * @param tolerance by how much the loss on the old sets may rise, in nats per token
   */
  static Decision of(List<Loss> losses, double tolerance) {
    double candidateNew = nats(losses, Model.CANDIDATE, ValidationSet.NEW);
    if (losses.size() == 1) {
      return new Decision(
          Outcome.PROMOTED, text("the first model, with a validation loss of %.4f", candidateNew));
    }
    double candidateOld = nats(losses, Model.CANDIDATE, ValidationSet.OLD);
    double parentOld = nats(losses, Model.PARENT, ValidationSet.OLD);
    double parentNew = nats(losses, Model.PARENT, ValidationSet.NEW);
    String both =
        text(
            "validation loss on old rows %.4f, before %.4f, tolerance %s; on new rows %.4f, before %.4f",
            candidateOld, parentOld, tolerance, candidateNew, parentNew);
    // Written so that what is no number is not promoted.
    boolean keepsOld = candidateOld <= parentOld + tolerance;
    boolean learnsNew = candidateNew <= parentNew;
    return new Decision(keepsOld && learnsNew ? Outcome.PROMOTED : Outcome.NOT_PROMOTED, both);
  }

  private static double nats(List<Loss> losses, Model model, ValidationSet data) {
    return losses.stream()
        .filter(loss -> loss.model() == model && loss.data() == data)
        .mapToDouble(Loss::nats)
        .findFirst()
        .orElseThrow();
  }

  private static String text(String format, Object... values) {
    return String.format(Locale.ROOT, format, values);
  }
}
