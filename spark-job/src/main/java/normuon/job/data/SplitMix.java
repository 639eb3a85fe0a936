package normuon.job.data;

/**
 * The SplitMix64 generator (Steele, Lea and Flood, OOPSLA 2014): the same numbers from the same
 * seed on every platform and Java version, and a mixing function for keys.
 */
public final class SplitMix {

  private static final long GOLDEN_GAMMA = 0x9e3779b97f4a7c15L;

  private long state;

  SplitMix(long seed) {
    this.state = seed;
  }

  /** A number that depends on all parts, and looks unrelated for parts that differ in one bit. */
  public static long mix(long... parts) {
    long mixed = 0;
    for (long part : parts) {
      mixed = finish(mixed + GOLDEN_GAMMA ^ finish(part + GOLDEN_GAMMA));
    }
    return mixed;
  }

  /** The next 64 bits. */
  long next() {
    state += GOLDEN_GAMMA;
    return finish(state);
  }

  /** The next number in [0, bound): uniform up to {@code bound} / 2^32. */
  int below(int bound) {
    return (int) ((next() >>> 32) * bound >>> 32);
  }

  /** The next number in [0, 1): a multiple of 2^-53. */
  double uniform() {
    return (next() >>> 11) * 0x1p-53;
  }

  private static long finish(long value) {
    long z = value;
    z = (z ^ z >>> 30) * 0xbf58476d1ce4e5b9L;
    z = (z ^ z >>> 27) * 0x94d049bb133111ebL;
    return z ^ z >>> 31;
  }
}
