package normuon.job.train;

import ai.djl.ndarray.NDArray;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import normuon.optimizer.shard.Collectives;
import normuon.optimizer.shard.Transfer;
import normuon.torch.HostBuffers;

/**
 * Ways in which a distributed step goes wrong while training goes on and its counters look fine.
 */
final class Faults {

  private Faults() {}

  /**
   * The owner sends the momentum it collected, at the norm of the update, as if the iteration had
   * never run.
   */
  static final class MomentumForUpdates extends ForwardingCollectives {

    private final Map<NDArray, float[]> collected = new IdentityHashMap<>();

    MomentumForUpdates(Collectives real) {
      super(real);
    }

    @Override
    public Transfer gather(int owner, List<NDArray> rows, List<NDArray> whole) {
      Transfer transfer = real.gather(owner, rows, whole);
      return () -> {
        transfer.await();
        whole.forEach(matrix -> collected.put(matrix, matrix.toFloatArray()));
      };
    }

    @Override
    public Transfer broadcast(int owner, List<NDArray> arrays) {
      if (owner == real.rank()) {
        arrays.forEach(update -> overwrite(update, collected.get(update)));
      }
      return real.broadcast(owner, arrays);
    }

    private static void overwrite(NDArray update, float[] momentum) {
      double scale = norm(update.toFloatArray()) / norm(momentum);
      ByteBuffer bytes =
          ByteBuffer.allocateDirect(momentum.length * Float.BYTES).order(ByteOrder.nativeOrder());
      for (float element : momentum) {
        bytes.putFloat((float) (scale * element));
      }
      HostBuffers.write(bytes.flip(), update, 0, momentum.length);
    }

    private static double norm(float[] elements) {
      double squares = 0;
      for (float element : elements) {
        squares += (double) element * element;
      }
      return Math.sqrt(squares);
    }
  }

  /** The last rank applies what it has of its own where others' updates should have arrived. */
  static final class UpdatesLostOnTheLastRank extends ForwardingCollectives {

    UpdatesLostOnTheLastRank(Collectives real) {
      super(real);
    }

    @Override
    public Transfer broadcast(int owner, List<NDArray> arrays) {
      boolean loses = real.rank() == real.worldSize() - 1 && owner != real.rank();
      return real.broadcast(
          owner, loses ? arrays.stream().map(NDArray::duplicate).toList() : arrays);
    }
  }
}
