package normuon.job.data;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.LongBuffer;

/**
 * Sequences that go through the model together.
 *
 * @param sequences the number of sequences
 * @param context the number of inputs of a sequence
 * @param inputs int64 tokens of shape [sequences, context], in a direct buffer of native byte order
 *     that no other batch shares
 * @param targets the token after each input; as {@code inputs}
 */
public record Batch(int sequences, int context, LongBuffer inputs, LongBuffer targets) {

  /** Collects sequences. */
  static Batch read(TokenSplit split, int context, long... positions) {
    LongBuffer inputs = direct(positions.length * context);
    LongBuffer targets = direct(positions.length * context);
    for (long position : positions) {
      split.copyTokens(position, context, inputs);
      split.copyTokens(position + 1, context, targets);
    }
    return new Batch(positions.length, context, inputs.flip(), targets.flip());
  }

  private static LongBuffer direct(int elements) {
    return ByteBuffer.allocateDirect(elements * Long.BYTES)
        .order(ByteOrder.nativeOrder())
        .asLongBuffer();
  }
}
