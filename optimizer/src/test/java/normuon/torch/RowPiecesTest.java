package normuon.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RowPiecesTest {

  /** Of three such rows two are a piece. */
  private static final int LONG_ROW = RowPieces.BYTES / Float.BYTES / 2;

  private final NDManager manager = TorchRuntime.newManager();

  @AfterEach
  void closeArrays() {
    manager.close();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3, LONG_ROW, 2 * LONG_ROW, 3 * LONG_ROW})
  void everyRowIsReadOnceAndInItsPlace(int columns) throws IOException {
    NDArray array = manager.zeros(new Shape(5, columns));
    List<Long> bytes = new ArrayList<>();

    RowPieces.fill(array, 1, 10, 13, (start, end, piece) -> bytes.add(number(start, end, piece)));

    assertThat(array.get(":, 0").toFloatArray()).containsExactly(0, 10, 11, 12, 0);
    assertThat(array.get(":, -1").toFloatArray()).containsExactly(0, 10, 11, 12, 0);
    assertThat(bytes.stream().mapToLong(Long::longValue).sum()).isEqualTo(12L * columns);
    assertThat(bytes)
        .allMatch(size -> size <= Math.max(RowPieces.BYTES, (long) columns * Float.BYTES));
  }

  @Test
  void noRowsAskForNothing() throws IOException {
    RowPieces.fill(
        manager.create(new Shape(0, 3)),
        0,
        4,
        4,
        (start, end, piece) -> {
          throw new EOFException();
        });
  }

  @Test
  void whatCannotBeReadIsPassedOn() {
    NDArray array = manager.zeros(new Shape(2, 2));

    assertThatThrownBy(
            () ->
                RowPieces.fill(
                    array,
                    0,
                    0,
                    2,
                    (start, end, piece) -> {
                      throw new EOFException("no such row");
                    }))
        .isInstanceOf(EOFException.class)
        .hasMessage("no such row");
  }

  /** Fills every row with its number. */
  private static long number(long start, long end, ByteBuffer piece) {
    long size = piece.remaining();
    long columns = size / Float.BYTES / (end - start);
    for (long row = start; row < end; row++) {
      for (long i = 0; i < columns; i++) {
        piece.putFloat(row);
      }
    }
    return size;
  }
}
