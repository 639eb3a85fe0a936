package normuon.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import java.nio.ByteBuffer;
import normuon.optimizer.shard.RowShard;

/** Breaks the rules for models and for arrays; the architecture rules must find it. */
public final class ModelOffender {

  private ModelOffender() {}

  static long rows(RowShard shard) {
    return shard.rows();
  }

  static NDArray arithmetic(NDArray array) {
    array.addi(2);
    return array.mul(3f);
  }

  static void storage(NDArray array, ByteBuffer buffer, float[] values) {
    array.set(buffer);
    array.set(values);
  }

  static NDArray type(NDArray array) {
    return array.toType(DataType.BFLOAT16, false);
  }

  static void end() {
    System.exit(1);
    Runtime.getRuntime().halt(1);
  }
}
