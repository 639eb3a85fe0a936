package normuon.job.data;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.DoubleBuffer;

/**
 * Uniform random numbers for the tokens of a run, by which labels are drawn. Those of a sequence
 * depend on the seed and on its place in the run alone, and so on neither the number of ranks nor
 * the size of micro-batches.
 */
public final class TokenUniforms {

  /** Tells these numbers from others of the same seed. */
  private static final long PURPOSE = 0x6c6162656c73L;

  private TokenUniforms() {}

  /**
   * The numbers of consecutive sequences.
   *
   * @param seed the run's seed
   * @param firstSequence sequences consumed, by all ranks, before the first of these
   * @param sequences how many
   * @param context tokens in a sequence
   * @return float64 in [0, 1) of shape [sequences, context], in a direct buffer of native byte
   *     order
   */
  public static DoubleBuffer of(long seed, long firstSequence, int sequences, int context) {
    DoubleBuffer uniforms =
        ByteBuffer.allocateDirect(sequences * context * Double.BYTES)
            .order(ByteOrder.nativeOrder())
            .asDoubleBuffer();
    for (int sequence = 0; sequence < sequences; sequence++) {
      SplitMix random = new SplitMix(SplitMix.mix(seed, firstSequence + sequence, PURPOSE));
      for (int token = 0; token < context; token++) {
        uniforms.put(random.uniform());
      }
    }
    return uniforms.flip();
  }
}
