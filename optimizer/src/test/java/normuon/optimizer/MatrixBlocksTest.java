package normuon.optimizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import normuon.optimizer.ParameterGroup.Settings;
import normuon.torch.ParameterSpec;
import normuon.torch.Role;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class MatrixBlocksTest extends OptimizerTest {

  private static final int ROWS = 24;
  private static final int COLUMNS = 36;

  private static Stream<MatrixBlocks> blocks() {
    return Stream.of(
        MatrixBlocks.whole(),
        new MatrixBlocks(2, 1),
        new MatrixBlocks(6, 1),
        new MatrixBlocks(ROWS, 1),
        new MatrixBlocks(1, 3),
        new MatrixBlocks(1, COLUMNS));
  }

  @ParameterizedTest
  @MethodSource("blocks")
  void everyBlockIsUpdatedAsAMatrixOfItsOwnToTheBit(MatrixBlocks blocks) {
    NorMuonOptions bfloat16 =
        new NorMuonOptions(
            NorMuonOptions.paper().momentum(),
            new NewtonSchulz(PolarMethod.QUINTIC, 5, Precision.BF16),
            NorMuonOptions.paper().secondMoment(),
            UpdateScale.RMS,
            WeightDecay.decoupled());
    for (NorMuonOptions options :
        List.of(
            NorMuonOptions.paper(), NorMuonOptions.dion(), NorMuonOptions.speedrun(), bfloat16)) {
      requireUpdatesOfSeparateMatrices(new NorMuon(operators, options), blocks);
      requireUpdatesOfSeparateMatrices(new Muon(operators, options.withoutNormalization()), blocks);
    }
  }

  private void requireUpdatesOfSeparateMatrices(MatrixRule rule, MatrixBlocks blocks) {
    long length = rule.secondMomentLength(ROWS, COLUMNS, blocks);
    List<NDArray> secondMoments = zeros(length);
    List<List<NDArray>> ofSeparate = new ArrayList<>();
    for (int block = 0; block < blocks.count(); block++) {
      ofSeparate.add(zeros(length / blocks.count()));
    }
    for (int step = 0; step < 3; step++) {
      NDArray whole = random(step, ROWS, COLUMNS);
      List<NDArray> separate = cut(whole, blocks);
      rule.update(List.of(whole), secondMoments, blocks, UpdateObserver.NONE);
      for (int block = 0; block < blocks.count(); block++) {
        rule.update(List.of(separate.get(block)), ofSeparate.get(block));
        assertThat(cut(whole, blocks).get(block).toFloatArray())
            .as("%s, %s, block %d, step %d", rule.getClass(), blocks, block, step)
            .containsExactly(separate.get(block).toFloatArray());
      }
      assertThat(together(secondMoments))
          .as("second moments, one after the other")
          .containsExactly(together(ofSeparate.stream().flatMap(List::stream).toList()));
    }
    assertThat(rule.newtonSchulzCalls()).isEqualTo(3L * 2 * blocks.count());
  }

  private List<NDArray> zeros(long length) {
    return length == 0 ? List.of() : List.of(manager.zeros(new Shape(length)));
  }

  /** Copies of the blocks. */
  private static List<NDArray> cut(NDArray whole, MatrixBlocks blocks) {
    int rows = ROWS / blocks.rowBlocks();
    int columns = COLUMNS / blocks.columnBlocks();
    List<NDArray> copies = new ArrayList<>();
    for (int top = 0; top < ROWS; top += rows) {
      for (int left = 0; left < COLUMNS; left += columns) {
        String window = "%d:%d, %d:%d".formatted(top, top + rows, left, left + columns);
        copies.add(whole.get(window).duplicate());
      }
    }
    return copies;
  }

  @ParameterizedTest
  @CsvSource({
    // rows, columns, row blocks, column blocks; per block m or n, times the number of blocks
    "24, 36, 4, 1, ROWS, 24",
    "24, 36, 4, 1, ROWS_OR_COLUMNS, 144",
    "24, 36, 1, 3, ROWS, 72",
    "24, 36, 1, 3, ROWS_OR_COLUMNS, 72",
    "36, 24, 3, 1, ROWS_OR_COLUMNS, 72"
  })
  void secondMomentsHaveTheLengthOfAllBlocks(
      long rows, long columns, int rowBlocks, int columnBlocks, SecondMoment.Axis axis, long all) {
    NorMuonOptions official = NorMuonOptions.official();
    NorMuon rule =
        new NorMuon(
            operators,
            new NorMuonOptions(
                official.momentum(),
                official.newtonSchulz(),
                new SecondMoment(axis, 0.95, 1e-10),
                official.scale(),
                official.weightDecay()));
    MatrixBlocks blocks = new MatrixBlocks(rowBlocks, columnBlocks);

    assertThat(rule.secondMomentLength(rows, columns, blocks)).isEqualTo(all);
  }

  @Test
  void workIsThatOfAllBlocks() {
    NewtonSchulz iteration = NewtonSchulz.defaults();

    assertThat(iteration.flops(768, 768, new MatrixBlocks(12, 1)))
        .isEqualTo(12 * iteration.flops(64, 768));
    assertThat(iteration.flops(768, 768, new MatrixBlocks(1, 12)))
        .isEqualTo(12 * iteration.flops(768, 64));
  }

  @Test
  void refusesWhatDoesNotDivide() {
    ParameterSpec query = new ParameterSpec("layers.0.q.weight", new long[] {8, 6}, Role.MATRIX);

    assertThatThrownBy(() -> new MatrixBlocks(3, 1).requireDivisible(query))
        .hasMessage(
            "Invalid row_blocks 3 for layers.0.q.weight of shape [8, 6]: must divide its 8 rows");
    assertThatThrownBy(() -> new MatrixBlocks(1, 4).requireDivisible(query))
        .hasMessage(
            "Invalid column_blocks 4 for layers.0.q.weight of shape [8, 6]: must divide its 6"
                + " columns");
    NDArray matrix = random(0, 8, 6);
    Muon rule = new Muon(operators, NorMuonOptions.official().withoutNormalization());
    assertThatThrownBy(
            () ->
                rule.update(
                    List.of(matrix), List.of(), new MatrixBlocks(3, 1), UpdateObserver.NONE))
        .hasMessage("Invalid row_blocks 3 for a matrix of shape [8, 6]: must divide its 8 rows");
  }

  @Test
  void refusesWhatIsNoNumberOfBlocks() {
    assertThatThrownBy(() -> new MatrixBlocks(0, 1))
        .hasMessage("Invalid row_blocks 0: must be at least 1");
    assertThatThrownBy(() -> new MatrixBlocks(1, -2))
        .hasMessage("Invalid column_blocks -2: must be at least 1");
    assertThatThrownBy(() -> new MatrixBlocks(2, 2))
        .hasMessage("Invalid row_blocks 2 and column_blocks 2: one of the two must be 1");
    assertThatThrownBy(() -> new Settings(UpdateRule.ADAMW, 0.1, 0, new MatrixBlocks(2, 1)))
        .hasMessage(
            "Invalid row_blocks 2 for the rule ADAMW, which orthogonalizes nothing: must be 1");
  }
}
