package normuon.job.data;

import normuon.job.config.InvalidConfigurationException;

/**
 * The order in which training sees the text: for each sequence number, from 0 without end, where
 * the sequence lies. It depends on the seed alone, not on ranks or steps, so that one number, the
 * sequences consumed, is all that a checkpoint stores of it.
 *
 * <p>An epoch goes once through the text in windows of {@code context} tokens, side by side, in
 * random order. Where the first window begins is drawn anew for each epoch, so that the windows
 * differ. A window is never at the very end of the text: each has a next token for its last one.
 */
public final class SampleOrder {

  private static final long OFFSET_PURPOSE = 1;
  private static final long ORDER_PURPOSE = 2;

  private final long tokens;
  private final int context;
  private final long seed;
  private final long windows;

  /**
   * Creates an order.
   *
   * @param tokens the number of tokens of the text
   * @param context the number of inputs of a sequence
   * @param seed which order it is
   * @throws InvalidConfigurationException if the text is shorter than one sequence
   */
  public SampleOrder(long tokens, int context, long seed) {
    if (context < 1) {
      throw new InvalidConfigurationException(
          "Invalid model.context = %d: must be at least 1".formatted(context));
    }
    if (tokens <= context) {
      throw new InvalidConfigurationException(
          "Invalid text of %d tokens: must be at least %d, one sequence of model.context + 1"
              .formatted(tokens, context + 1));
    }
    this.tokens = tokens;
    this.context = context;
    this.seed = seed;
    this.windows = Math.max(1, (tokens - context) / context);
  }

  /** The number of sequences of an epoch. */
  public long sequencesPerEpoch() {
    return windows;
  }

  /**
   * The position of the first input of a sequence. Its inputs are the tokens [position, position +
   * context), its targets the tokens [position + 1, position + 1 + context).
   *
   * @param sequence the number of the sequence, from 0
   */
  public long position(long sequence) {
    if (sequence < 0) {
      throw new IndexOutOfBoundsException("Invalid sequence " + sequence + ": must be 0 or above");
    }
    long epoch = sequence / windows;
    Permutation order = new Permutation(windows, SplitMix.mix(seed, epoch, ORDER_PURPOSE));
    return offset(epoch) + order.apply(sequence % windows) * context;
  }

  /** Uniform over [0, context), or over what a text of one window leaves free. */
  private long offset(long epoch) {
    long choices = Math.min(context, tokens - windows * context);
    return new SplitMix(SplitMix.mix(seed, epoch, OFFSET_PURPOSE)).below((int) choices);
  }
}
