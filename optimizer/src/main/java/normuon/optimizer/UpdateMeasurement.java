package normuon.optimizer;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import normuon.torch.NativeArrays;

/** Measures what a {@link MatrixRule} makes of some matrices in one call. */
public final class UpdateMeasurement implements UpdateObserver {

  private final UpdateStatistics statistics;
  private final MatrixRule rule;
  private final int blocksPerMatrix;
  private final Block[] blocks;

  private record Block(
      double momentumCondition,
      double updateCondition,
      double updateNorm,
      double[] before,
      double[] after) {}

  /**
   * Creates the measurement of a call.
   *
   * @param statistics how matrices are measured
   * @param rule whose call it is
   * @param matrices the number of matrices
   * @param blocks the blocks of each of them
   */
  public UpdateMeasurement(
      UpdateStatistics statistics, MatrixRule rule, int matrices, MatrixBlocks blocks) {
    this.statistics = statistics;
    this.rule = rule;
    this.blocksPerMatrix = blocks.count();
    this.blocks = new Block[matrices * blocksPerMatrix];
  }

  @Override
  public void collected(List<Integer> indices, List<NDArray> momenta) {
    for (int i = 0; i < indices.size(); i++) {
      double condition = statistics.conditionNumber(momenta.get(i));
      blocks[indices.get(i)] = new Block(condition, 0, 0, new double[0], new double[0]);
    }
  }

  @Override
  public void updated(List<Integer> indices, NativeArrays polars, List<NDArray> updates) {
    double[] norms = statistics.norms(updates);
    try (NDManager views = updates.get(0).getManager().newSubManager()) {
      List<NDArray> factors = polars.arrays(views);
      for (int i = 0; i < indices.size(); i++) {
        int index = indices.get(i);
        blocks[index] =
            new Block(
                blocks[index].momentumCondition(),
                statistics.conditionNumber(updates.get(i)),
                norms[i],
                sizes(factors.get(i)),
                sizes(updates.get(i)));
      }
    }
  }

  private double[] sizes(NDArray matrix) {
    Shape shape = matrix.getShape();
    boolean ofColumns = rule.normalizesColumns(shape.get(0), shape.get(1));
    return NormSpread.relative(
        ofColumns ? statistics.columnNorms(matrix) : statistics.rowNorms(matrix));
  }

  /** What the call made of each matrix, in their order, once it has ended. */
  public List<MatrixStatistics> matrices() {
    return IntStream.range(0, blocks.length / blocksPerMatrix)
        .mapToObj(
            i -> Arrays.asList(blocks).subList(i * blocksPerMatrix, (i + 1) * blocksPerMatrix))
        .map(UpdateMeasurement::together)
        .toList();
  }

  private static MatrixStatistics together(List<Block> blocks) {
    double squares = blocks.stream().mapToDouble(b -> b.updateNorm() * b.updateNorm()).sum();
    return new MatrixStatistics(
        Math.sqrt(squares),
        spread(blocks, Block::before),
        spread(blocks, Block::after),
        largest(blocks, Block::momentumCondition),
        largest(blocks, Block::updateCondition));
  }

  /** Of the blocks that are not all zeros: the rows of those have no relative size. */
  private static NormSpread spread(List<Block> blocks, Function<Block, double[]> sizes) {
    double[] all = blocks.stream().map(sizes).flatMapToDouble(Arrays::stream).toArray();
    double[] finite = Arrays.stream(all).filter(Double::isFinite).toArray();
    return NormSpread.of(finite.length == 0 ? all : finite);
  }

  private static double largest(List<Block> blocks, ToDoubleFunction<Block> number) {
    return blocks.stream().mapToDouble(number).filter(Double::isFinite).max().orElse(Double.NaN);
  }
}
