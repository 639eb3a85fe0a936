package normuon.optimizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.List;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class UpdateMeasurementTest extends OptimizerTest {

  private static final NorMuonOptions OPTIONS = NorMuonOptions.official();

  @Test
  void normuonMakesRowsOfOneSizeAndMuonDoesNot() {
    MatrixStatistics normuon = measure(new NorMuon(operators, OPTIONS), 256, 64).get(0);
    MatrixStatistics muon =
        measure(new Muon(operators, OPTIONS.withoutNormalization()), 256, 64).get(0);

    assertThat(normuon.before().deviation()).as("rows of a tall polar factor").isGreaterThan(0.02);
    assertThat(normuon.after().deviation())
        .as("rows after normalization")
        .isLessThan(normuon.before().deviation() / 100);
    assertThat(muon.before()).isEqualTo(normuon.before());
    assertThat(muon.after().deviation())
        .isCloseTo(muon.before().deviation(), Percentage.withPercentage(1e-3));
  }

  @Test
  void normalizedColumnsAreWhatIsMeasuredOfAWideMatrix() {
    MatrixStatistics wide =
        measure(new NorMuon(operators, NorMuonOptions.speedrun()), 64, 256).get(0);

    assertThat(wide.before().deviation()).as("columns of a wide polar factor").isGreaterThan(0.02);
    assertThat(wide.after().deviation()).isLessThan(wide.before().deviation() / 100);
  }

  @Test
  void theIterationBringsTheConditionNumberDown() {
    MatrixStatistics muon =
        measure(new Muon(operators, OPTIONS.withoutNormalization()), 64, 128).get(0);

    assertThat(muon.momentumCondition()).isGreaterThan(4);
    assertThat(muon.updateCondition()).isBetween(1.0, 2.0);
  }

  @Test
  void everyMatrixHasItsOwnNumbersWhateverItsShape() {
    NorMuon rule = new NorMuon(operators, OPTIONS);
    List<NDArray> matrices = List.of(random(1, 20, 30), random(2, 40, 10), random(3, 20, 30));
    UpdateMeasurement together = new UpdateMeasurement(statistics(), rule, 3, MatrixBlocks.whole());
    rule.update(copies(matrices), secondMoments(rule, matrices), MatrixBlocks.whole(), together);

    for (int i = 0; i < 3; i++) {
      UpdateMeasurement alone = new UpdateMeasurement(statistics(), rule, 1, MatrixBlocks.whole());
      List<NDArray> matrix = matrices.subList(i, i + 1);
      List<NDArray> update = copies(matrix);
      rule.update(update, secondMoments(rule, matrix), MatrixBlocks.whole(), alone);
      MatrixStatistics numbers = together.matrices().get(i);
      assertThat(numbers.updateNorm())
          .isCloseTo(Distance.norm(Distance.doubles(update.get(0))), within(1e-5));
      assertThat(numbers.momentumCondition())
          .isCloseTo(alone.matrices().get(0).momentumCondition(), Percentage.withPercentage(1e-6));
      assertThat(numbers.before().deviation())
          .isCloseTo(alone.matrices().get(0).before().deviation(), within(1e-4));
    }
  }

  @Test
  void aBlockOfZerosDoesNotHideTheOthers() {
    MatrixBlocks blocks = new MatrixBlocks(2, 1);
    NorMuon rule = new NorMuon(operators, OPTIONS);
    NDArray update = random(5, 16, 64).concat(manager.zeros(new Shape(16, 64)), 0);
    NDArray moments = manager.zeros(new Shape(rule.secondMomentLength(32, 64, blocks)));
    UpdateMeasurement measurement = new UpdateMeasurement(statistics(), rule, 1, blocks);
    rule.update(List.of(update), List.of(moments), blocks, measurement);
    MatrixStatistics numbers = measurement.matrices().get(0);

    assertThat(numbers.before().deviation()).isFinite();
    assertThat(numbers.momentumCondition()).isFinite().isGreaterThan(1);
    assertThat(numbers.updateCondition()).isFinite().isGreaterThan(1);
  }

  @ParameterizedTest
  @CsvSource({"4, 1", "1, 4"})
  void blocksAreMeasuredEachByItself(int rowBlocks, int columnBlocks) {
    MatrixBlocks blocks = new MatrixBlocks(rowBlocks, columnBlocks);
    NorMuon rule = new NorMuon(operators, OPTIONS);
    NDArray update = random(5, 32, 64);
    NDArray moments = manager.zeros(new Shape(rule.secondMomentLength(32, 64, blocks)));
    UpdateMeasurement measurement = new UpdateMeasurement(statistics(), rule, 1, blocks);
    rule.update(List.of(update), List.of(moments), blocks, measurement);

    MatrixStatistics numbers = measurement.matrices().get(0);
    assertThat(numbers.updateNorm())
        .isCloseTo(Distance.norm(Distance.doubles(update)), Percentage.withPercentage(1e-4));
    assertThat(numbers.updateCondition()).isBetween(1.0, 20.0);
    assertThat(numbers.after().deviation()).isLessThan(1e-3);
  }

  @Test
  void measuringChangesNoBit() {
    for (MatrixRule rule :
        List.of(
            new NorMuon(operators, OPTIONS), new Muon(operators, OPTIONS.withoutNormalization()))) {
      List<NDArray> watched = List.of(random(7, 48, 33));
      List<NDArray> unwatched = copies(watched);
      List<NDArray> moments = secondMoments(rule, watched);
      List<NDArray> otherMoments = secondMoments(rule, watched);
      rule.update(
          watched,
          moments,
          MatrixBlocks.whole(),
          new UpdateMeasurement(statistics(), rule, 1, MatrixBlocks.whole()));
      rule.update(unwatched, otherMoments, MatrixBlocks.whole(), UpdateObserver.NONE);

      assertThat(watched.get(0).toFloatArray()).isEqualTo(unwatched.get(0).toFloatArray());
      for (int i = 0; i < moments.size(); i++) {
        assertThat(moments.get(i).toFloatArray()).isEqualTo(otherMoments.get(i).toFloatArray());
      }
    }
  }

  private List<MatrixStatistics> measure(MatrixRule rule, long rows, long columns) {
    List<NDArray> matrices = List.of(random(9, rows, columns));
    UpdateMeasurement measurement =
        new UpdateMeasurement(statistics(), rule, 1, MatrixBlocks.whole());
    rule.update(matrices, secondMoments(rule, matrices), MatrixBlocks.whole(), measurement);
    return measurement.matrices();
  }

  private UpdateStatistics statistics() {
    return new UpdateStatistics(operators);
  }

  private static List<NDArray> copies(List<NDArray> matrices) {
    return matrices.stream().map(NDArray::duplicate).toList();
  }

  private List<NDArray> secondMoments(MatrixRule rule, List<NDArray> matrices) {
    List<NDArray> moments = new ArrayList<>();
    for (NDArray matrix : matrices) {
      Shape shape = matrix.getShape();
      long length = rule.secondMomentLength(shape.get(0), shape.get(1));
      if (length > 0) {
        moments.add(manager.zeros(new Shape(length)));
      }
    }
    return moments;
  }
}
