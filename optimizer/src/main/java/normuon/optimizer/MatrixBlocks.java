package normuon.optimizer;

import java.util.Arrays;
import normuon.torch.ParameterSpec;

/**
 * Into how many equal blocks a {@link MatrixRule} cuts a matrix, to orthogonalize, normalize and
 * scale each as a matrix of its own: the heads of a query, key or value projection are blocks of
 * rows, those of an output projection blocks of columns.
 *
 * <p>A matrix [m, n] in b blocks of rows gets the updates of b matrices [m / b, n], to the bit; in
 * b blocks of columns, of b matrices [m, n / b]. Their second moments stand one after the other.
 * Momentum, weight decay and shards know no blocks. microsoft/dion has the same as {@code
 * num_heads} and {@code split_sizes}, for rows.
 *
 * @param rowBlocks b for blocks of rows, at least 1
 * @param columnBlocks b for blocks of columns, at least 1; one of the two must be 1
 */
public record MatrixBlocks(int rowBlocks, int columnBlocks) {

  private static final MatrixBlocks WHOLE = new MatrixBlocks(1, 1);

  /** Checks the numbers. */
  public MatrixBlocks {
    requireAtLeastOne("row_blocks", rowBlocks);
    requireAtLeastOne("column_blocks", columnBlocks);
    if (rowBlocks > 1 && columnBlocks > 1) {
      throw new IllegalArgumentException(
          "Invalid row_blocks %d and column_blocks %d: one of the two must be 1"
              .formatted(rowBlocks, columnBlocks));
    }
  }

  private static void requireAtLeastOne(String name, int blocks) {
    if (blocks < 1) {
      throw new IllegalArgumentException("Invalid " + name + " " + blocks + ": must be at least 1");
    }
  }

  /** One block, the matrix itself: the default. */
  public static MatrixBlocks whole() {
    return WHOLE;
  }

  /** Whether the matrix stays whole. */
  public boolean isWhole() {
    return count() == 1;
  }

  /** The number of blocks. */
  public int count() {
    return rowBlocks * columnBlocks;
  }

  /**
   * The shape of one block.
   *
   * @param rows m
   * @param columns n
   * @return m and n, one of them divided by the number of blocks
   * @throws IllegalArgumentException if it does not divide
   */
  public long[] shape(long rows, long columns) {
    requireDivisible("a matrix", rows, columns);
    return new long[] {rows / rowBlocks, columns / columnBlocks};
  }

  /**
   * Checks that a parameter can be cut.
   *
   * @throws IllegalArgumentException if its rows or columns do not divide by the number of blocks
   */
  public void requireDivisible(ParameterSpec parameter) {
    requireDivisible(parameter.name(), parameter.rows(), parameter.columns());
  }

  private void requireDivisible(String name, long rows, long columns) {
    boolean divides = rows % rowBlocks == 0 && columns % columnBlocks == 0;
    if (!divides) {
      throw new IllegalArgumentException(
          "Invalid %s for %s of shape %s: must divide its %s"
              .formatted(
                  this,
                  name,
                  Arrays.toString(new long[] {rows, columns}),
                  columnBlocks == 1 ? rows + " rows" : columns + " columns"));
    }
  }

  /** As the configuration writes it, such as {@code row_blocks 4}. */
  @Override
  public String toString() {
    return columnBlocks == 1 ? "row_blocks " + rowBlocks : "column_blocks " + columnBlocks;
  }
}
