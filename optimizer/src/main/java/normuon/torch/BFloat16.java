package normuon.torch;

import java.nio.ByteBuffer;
import java.nio.IntBuffer;
import java.nio.ShortBuffer;

/**
 * The format bfloat16: sign, exponent and the upper 7 bits of the fraction of a float32. Rounds to
 * nearest, ties to even, subnormal numbers like all others; what is beyond the largest number
 * becomes infinite. NaN stays NaN, with its sign.
 */
public final class BFloat16 {

  /** The largest float32 that does not become infinite is below this: half a step past 3.39e38. */
  public static final float OVERFLOW = 0x1.ffp127f;

  private static final int SHIFT = Short.SIZE;
  private static final int BELOW_HALF = (1 << (SHIFT - 1)) - 1;
  private static final int MAGNITUDE = 0x7fffffff;
  private static final int INFINITY = 0x7f800000;

  /** Of a NaN whose fraction is in its lower bits, this would otherwise leave infinity. */
  private static final int QUIET = 1 << 6;

  private BFloat16() {}

  /** Rounds a float32, given by its bits. */
  public static short round(int bits) {
    int upper = bits >>> SHIFT;
    int rounded = (bits + BELOW_HALF + (upper & 1)) >>> SHIFT;
    return (short) ((bits & MAGNITUDE) > INFINITY ? upper | QUIET : rounded);
  }

  /** The bits of the float32 that a bfloat16 is. */
  public static int widen(short bits) {
    return bits << SHIFT;
  }

  /** Rounds every float32 of a buffer. Both are little-endian, and keep their positions. */
  public static void round(ByteBuffer floats, ByteBuffer target) {
    IntBuffer from = floats.asIntBuffer();
    ShortBuffer to = target.asShortBuffer();
    for (int i = 0, count = from.limit(); i < count; i++) {
      to.put(i, round(from.get(i)));
    }
  }

  /** Writes every bfloat16 of a buffer as a float32. Both are as above. */
  public static void widen(ByteBuffer rounded, ByteBuffer target) {
    ShortBuffer from = rounded.asShortBuffer();
    IntBuffer to = target.asIntBuffer();
    for (int i = 0, count = from.limit(); i < count; i++) {
      to.put(i, widen(from.get(i)));
    }
  }
}
