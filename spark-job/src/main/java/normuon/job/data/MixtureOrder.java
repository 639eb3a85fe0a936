package normuon.job.data;

import java.util.ArrayList;
import java.util.List;

/**
 * The order in which training sees the sequences of several texts, each with a weight: for each
 * sequence number, from 0 without end, of which text it is and where it lies there. It depends on
 * the seed alone, as the {@link SampleOrder} of each text does, which is followed within it.
 *
 * <p>Of as many sequences as all weights together, each text has exactly as many as its weight. In
 * between the texts alternate as evenly as whole numbers can, but shuffled within blocks of {@value
 * #BLOCK} sequences.
 */
public final class MixtureOrder {

  /** The sequences that are shuffled together. */
  static final int BLOCK = 1_000;

  private static final long PART_PURPOSE = 3;
  private static final long BLOCK_PURPOSE = 4;

  private final List<SampleOrder> orders = new ArrayList<>();
  private final long[] weights;
  private final long period;
  private final long seed;

  /**
   * Creates an order.
   *
   * @param tokens the number of tokens of each text
   * @param weights the weight of each text, above 0; their sum times the largest fits 64 bits
   * @param context the number of inputs of a sequence
   * @param seed which order it is; one text alone has the {@link SampleOrder} of this seed
   * @throws normuon.job.config.InvalidConfigurationException if a text is shorter than one sequence
   */
  public MixtureOrder(List<Long> tokens, List<Long> weights, int context, long seed) {
    if (tokens.isEmpty() || tokens.size() != weights.size()) {
      throw new IllegalArgumentException(
          "Invalid mixture of %d texts with %d weights: must have a weight for each"
              .formatted(tokens.size(), weights.size()));
    }
    for (int part = 0; part < tokens.size(); part++) {
      long partSeed = tokens.size() == 1 ? seed : SplitMix.mix(seed, part, PART_PURPOSE);
      orders.add(new SampleOrder(tokens.get(part), context, partSeed));
    }
    this.weights = weights.stream().mapToLong(Long::longValue).toArray();
    this.period = weights.stream().mapToLong(Long::longValue).sum();
    this.seed = seed;
  }

  /**
   * A sequence.
   *
   * @param part the place of its text in the list
   * @param position the position of its first input in that text
   */
  public record Sample(int part, long position) {}

  /** The sequence of a number, from 0. */
  public Sample sample(long sequence) {
    Turn turn = turn(sequence);
    return new Sample(turn.part, orders.get(turn.part).position(turn.number));
  }

  /** How many of the first sequences are of each text. */
  public long[] counts(long sequences) {
    long[] counts = new long[weights.length];
    // Whole blocks of a period have the same sequences, shuffled or not.
    long unshuffled = sequences - sequences % period % BLOCK;
    for (int part = 0; part < counts.length; part++) {
      counts[part] = countBefore(unshuffled, part);
    }
    for (long sequence = unshuffled; sequence < sequences; sequence++) {
      counts[turn(sequence).part]++;
    }
    return counts;
  }

  /** The turn of a text: its {@code number}th sequence. */
  private record Turn(int part, long number) {}

  private Turn turn(long sequence) {
    if (weights.length == 1) {
      return new Turn(0, sequence);
    }
    long cycle = sequence / period;
    long index = shuffled(cycle, sequence % period);
    long rest = period;
    for (int part = 0; part < weights.length - 1; part++) {
      long before = index * weights[part] / rest;
      if ((index + 1) * weights[part] / rest > before) {
        return new Turn(part, cycle * weights[part] + before);
      }
      // Its place among the sequences that are not of this text, which the others share likewise.
      index -= before;
      rest -= weights[part];
    }
    return new Turn(weights.length - 1, cycle * rest + index);
  }

  private long countBefore(long sequence, int part) {
    long cycle = sequence / period;
    long index = sequence % period;
    long rest = period;
    for (int earlier = 0; earlier < part; earlier++) {
      index -= index * weights[earlier] / rest;
      rest -= weights[earlier];
    }
    return cycle * weights[part] + index * weights[part] / rest;
  }

  private long shuffled(long cycle, long index) {
    long start = index - index % BLOCK;
    long size = Math.min(BLOCK, period - start);
    long key = SplitMix.mix(seed, cycle, start, BLOCK_PURPOSE);
    return start + new Permutation(size, key).apply(index - start);
  }
}
