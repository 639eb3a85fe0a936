package normuon.model.hub;

import ai.djl.ndarray.NDArray;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import normuon.torch.ParameterSpec;
import normuon.torch.RowPieces;

/** The weights of a model that is stored somewhere, read by name and rows. */
public interface WeightSource extends Closeable {

  /**
   * Reads consecutive rows as float32, whatever they are stored as.
   *
   * @param name the parameter
   * @param start the first row; of a vector, the first element
   * @param end the row after the last one
   * @param destination receives the numbers, little-endian; as many bytes must remain in it
   * @throws IOException if they are not there, or cannot be read
   */
  void readRows(String name, long start, long end, ByteBuffer destination) throws IOException;

  /**
   * Fills an array with a whole parameter, a piece at a time.
   *
   * @param destination float32, contiguous, of the parameter's shape, on any device
   */
  default void read(ParameterSpec parameter, NDArray destination) throws IOException {
    read(parameter, 0, parameter.rows(), destination);
  }

  /**
   * Fills an array with rows of a parameter, a piece at a time.
   *
   * @param start the first row; of a vector, the first element
   * @param end the row after the last one; may be the first one, which reads nothing
   * @param destination float32, contiguous, on any device; as many rows as these
   * @throws IllegalArgumentException if the array has other rows
   */
  default void read(ParameterSpec parameter, long start, long end, NDArray destination)
      throws IOException {
    if (destination.size() != (end - start) * parameter.columns()) {
      throw new IllegalArgumentException(
          "Invalid array of shape %s for rows %d to %d of %s: must have %d rows of %d"
              .formatted(
                  destination.getShape(), start, end, parameter, end - start, parameter.columns()));
    }
    RowPieces.fill(
        destination,
        0,
        start,
        end,
        (first, last, piece) -> readRows(parameter.name(), first, last, piece));
  }

  /** How many rows of a parameter are read at once where they are not read into an array. */
  static long blockRows(ParameterSpec parameter) {
    long rowBytes = parameter.columns() * Float.BYTES;
    return Math.min(parameter.rows(), Math.max(1, RowPieces.BYTES / rowBytes));
  }
}
