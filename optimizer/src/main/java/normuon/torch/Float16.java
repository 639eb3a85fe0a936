package normuon.torch;

import java.nio.ByteBuffer;
import java.nio.IntBuffer;
import java.nio.ShortBuffer;

/**
 * The format float16 of IEEE 754: sign, 5 bits of exponent, 10 of the fraction. Rounds to nearest,
 * ties to even, into the subnormal numbers as well; what is beyond the largest number, 65,504,
 * becomes infinite. NaN stays NaN, with its sign.
 */
public final class Float16 {

  /** The largest float32 that does not become infinite is below this: half a step past 65,504. */
  public static final float OVERFLOW = 65_520;

  private static final int SIGN_SHIFT = 16;
  private static final int SIGN = 0x8000;
  private static final int FRACTION_SHIFT = 13;
  private static final int FRACTION = 0x3ff;
  private static final int EXPONENT = 0x7c00;
  private static final int MAGNITUDE = 0x7fffffff;
  private static final int FLOAT_INFINITY = 0x7f800000;

  /** The bits of the difference of the two formats' exponent biases, 112. */
  private static final int BIAS = 112 << 23;

  /** The bits of the smallest normal float16, 2^-14, as a float32. */
  private static final int SMALLEST_NORMAL = BIAS + (1 << 23);

  /** One unit of the subnormal numbers is 2^-24. */
  private static final float UNIT = 0x1p-24f;

  /** 2^23: added to a number of units, it rounds them to a whole number, ties to even. */
  private static final float ROUNDING = 0x1p23f;

  private Float16() {}

  /** Rounds a float32, given by its bits. */
  public static short round(int bits) {
    int sign = bits >>> SIGN_SHIFT & SIGN;
    int magnitude = bits & MAGNITUDE;
    if (magnitude > FLOAT_INFINITY) {
      return (short) (sign | EXPONENT | 1 << 9 | magnitude >>> FRACTION_SHIFT & FRACTION);
    }
    float value = Float.intBitsToFloat(magnitude);
    if (value >= OVERFLOW) {
      return (short) (sign | EXPONENT);
    }
    if (magnitude < SMALLEST_NORMAL) {
      return (short) (sign | Float.floatToRawIntBits(value / UNIT + ROUNDING) & 0x7ff);
    }
    int odd = magnitude >>> FRACTION_SHIFT & 1;
    return (short) (sign | (magnitude - BIAS + 0xfff + odd) >>> FRACTION_SHIFT);
  }

  /** The bits of the float32 that a float16 is. */
  public static int widen(short bits) {
    int sign = (bits & SIGN) << SIGN_SHIFT;
    int magnitude = bits & ~SIGN & 0xffff;
    if (magnitude >= EXPONENT) {
      return sign | FLOAT_INFINITY | (magnitude & FRACTION) << FRACTION_SHIFT;
    }
    return magnitude <= FRACTION
        ? sign | Float.floatToRawIntBits(magnitude * UNIT)
        : sign | (magnitude << FRACTION_SHIFT) + BIAS;
  }

  /** Rounds every float32 of a buffer. Both are little-endian, and keep their positions. */
  public static void round(ByteBuffer floats, ByteBuffer target) {
    IntBuffer from = floats.asIntBuffer();
    ShortBuffer to = target.asShortBuffer();
    for (int i = 0, count = from.limit(); i < count; i++) {
      to.put(i, round(from.get(i)));
    }
  }

  /** Writes every float16 of a buffer as a float32. Both are as above. */
  public static void widen(ByteBuffer rounded, ByteBuffer target) {
    ShortBuffer from = rounded.asShortBuffer();
    IntBuffer to = target.asIntBuffer();
    for (int i = 0, count = from.limit(); i < count; i++) {
      to.put(i, widen(from.get(i)));
    }
  }
}
