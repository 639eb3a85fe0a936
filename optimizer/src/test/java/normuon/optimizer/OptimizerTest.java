package normuon.optimizer;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.ArrayList;
import java.util.List;
import normuon.optimizer.shard.RowShard;
import normuon.torch.Initialization;
import normuon.torch.ParameterSpec;
import normuon.torch.Role;
import normuon.torch.TorchRuntime;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** What tests of the rules share: native arrays of random numbers, whole and in shards. */
abstract class OptimizerTest {

  static final List<long[]> SHAPES =
      List.of(
          new long[] {1, 19},
          new long[] {19, 1},
          new long[] {7, 5},
          new long[] {64, 64},
          new long[] {33, 257},
          new long[] {2},
          new long[] {19});

  NDManager manager;
  OptimizerOperators operators;

  @BeforeEach
  void open() {
    manager = TorchRuntime.newManager();
    operators = OptimizerOperators.load(manager);
  }

  @AfterEach
  void close() {
    operators.close();
    manager.close();
  }

  NDArray random(long seed, long... shape) {
    ParameterSpec spec = new ParameterSpec("random", shape, Role.MATRIX);
    return Initialization.normal(manager, spec, seed, 1);
  }

  /** Copies of the rows of each rank. */
  List<NDArray> shards(NDArray whole, int worldSize) {
    List<NDArray> shards = new ArrayList<>();
    for (int rank = 0; rank < worldSize; rank++) {
      RowShard shard = RowShard.of(whole.getShape().get(0), worldSize, rank);
      shards.add(whole.get(shard.start() + ":" + shard.end()).duplicate());
    }
    return shards;
  }

  /** All rows of all ranks, in order. */
  static float[] together(List<NDArray> shards) {
    int size = shards.stream().mapToInt(shard -> (int) shard.size()).sum();
    float[] whole = new float[size];
    int next = 0;
    for (NDArray shard : shards) {
      float[] rows = shard.size() == 0 ? new float[0] : shard.toFloatArray();
      System.arraycopy(rows, 0, whole, next, rows.length);
      next += rows.length;
    }
    return whole;
  }
}
