package normuon.job.retrain;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import normuon.job.retrain.Verdict.Loss;
import normuon.job.retrain.Verdict.Model;
import normuon.job.retrain.Verdict.Outcome;
import normuon.job.retrain.Verdict.ValidationSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DecisionTest {

  @ParameterizedTest
  @CsvSource({
    "2.0, 3.0, 1.5, 2.5, PROMOTED",
    "2.0, 3.0, 2.0, 3.0, PROMOTED",
    "2.0, 3.0, 2.25, 3.0, PROMOTED",
    "2.0, 3.0, 2.26, 2.0, NOT_PROMOTED",
    "2.0, 3.0, 1.0, 3.01, NOT_PROMOTED",
    "2.0, 3.0, NaN, 2.0, NOT_PROMOTED",
    "2.0, 3.0, 2.0, NaN, NOT_PROMOTED",
    "NaN, 3.0, 2.0, 2.0, NOT_PROMOTED"
  })
  void neitherSetMayGetWorseByMoreThanTheTolerance(
      double parentOld, double parentNew, double old, double fresh, Outcome outcome) {
    List<Loss> losses =
        List.of(
            new Loss(Model.PARENT, ValidationSet.OLD, parentOld, 100),
            new Loss(Model.PARENT, ValidationSet.NEW, parentNew, 10),
            new Loss(Model.CANDIDATE, ValidationSet.OLD, old, 100),
            new Loss(Model.CANDIDATE, ValidationSet.NEW, fresh, 10));

    assertThat(Decision.of(losses, 0.25).outcome()).isEqualTo(outcome);
  }

  @Test
  void theReasonHasTheFourNumbers() {
    List<Loss> losses =
        List.of(
            new Loss(Model.PARENT, ValidationSet.OLD, 2, 100),
            new Loss(Model.PARENT, ValidationSet.NEW, 3, 10),
            new Loss(Model.CANDIDATE, ValidationSet.OLD, 1.5, 100),
            new Loss(Model.CANDIDATE, ValidationSet.NEW, 2.5, 10));

    assertThat(Decision.of(losses, 0.25).reason())
        .isEqualTo(
            "validation loss on old rows 1.5000, before 2.0000, tolerance 0.25; on new rows 2.5000, before 3.0000");
  }

  @Test
  void theFirstModelIsPromoted() {
    List<Loss> losses = List.of(new Loss(Model.CANDIDATE, ValidationSet.NEW, 4, 10));

    assertThat(Decision.of(losses, 0))
        .isEqualTo(
            new Decision(Outcome.PROMOTED, "the first model, with a validation loss of 4.0000"));
  }
}
