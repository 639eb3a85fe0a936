package normuon.job.data;

/**
 * A random permutation of 0..size-1, computed number by number without a table.
 *
 * <p>A Feistel network permutes the numbers of an even number of bits, whatever its round function;
 * where it leads outside of the range it is applied again until it leads back (cycle walking: Black
 * and Rogaway, Ciphers with Arbitrary Finite Domains, 2002). The domain is less than four times the
 * size, so this takes less than four applications on average.
 */
final class Permutation {

  private static final int ROUNDS = 6;

  private final long size;
  private final int halfBits;
  private final long halfMask;
  private final long[] roundKeys = new long[ROUNDS];

  /**
   * Creates a permutation.
   *
   * @param size how many numbers it permutes: from 1 to 2^62
   * @param key which of the permutations it is
   */
  Permutation(long size, long key) {
    if (size < 1 || size > 1L << 62) {
      throw new IllegalArgumentException(
          "Invalid size " + size + " of a permutation: must be from 1 to 2^62");
    }
    this.size = size;
    int bits = Long.SIZE - Long.numberOfLeadingZeros(size - 1);
    this.halfBits = Math.max(1, (bits + 1) / 2);
    this.halfMask = (1L << halfBits) - 1;
    for (int round = 0; round < ROUNDS; round++) {
      roundKeys[round] = SplitMix.mix(key, round);
    }
  }

  /** Where an index from 0 to size - 1 goes. */
  long apply(long index) {
    if (index < 0 || index >= size) {
      throw new IndexOutOfBoundsException(
          "Invalid index " + index + ": must be from 0 to " + (size - 1));
    }
    long permuted = index;
    do {
      permuted = encrypt(permuted);
    } while (permuted >= size);
    return permuted;
  }

  private long encrypt(long value) {
    long left = value >>> halfBits;
    long right = value & halfMask;
    for (long key : roundKeys) {
      long mixed = left ^ SplitMix.mix(key, right) & halfMask;
      left = right;
      right = mixed;
    }
    return left << halfBits | right;
  }
}
