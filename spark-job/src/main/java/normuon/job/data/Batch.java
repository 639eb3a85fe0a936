package normuon.job.data;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.LongBuffer;
import java.util.List;

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

  /**
   * Where a sequence begins.
   *
   * @param tokens the text
   * @param position the position of its first input there
   */
  record Start(TokenSplit tokens, long position) {}

  /** Collects sequences. */
  static Batch read(int context, List<Start> sequences) {
    LongBuffer inputs = direct(sequences.size() * context);
    LongBuffer targets = direct(sequences.size() * context);
    for (Start sequence : sequences) {
      sequence.tokens().copyTokens(sequence.position(), context, inputs);
      sequence.tokens().copyTokens(sequence.position() + 1, context, targets);
    }
    return new Batch(sequences.size(), context, inputs.flip(), targets.flip());
  }

  private static LongBuffer direct(int elements) {
    return ByteBuffer.allocateDirect(elements * Long.BYTES)
        .order(ByteOrder.nativeOrder())
        .asLongBuffer();
  }
}
