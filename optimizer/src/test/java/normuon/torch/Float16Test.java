package normuon.torch;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class Float16Test {

  @ParameterizedTest(name = "{0} is {1}")
  @CsvSource({
    // From the tables of IEEE 754: one, the largest, the smallest normal and subnormal, a third.
    "3c00, 1",
    "c000, -2",
    "7bff, 65504",
    "0400, 0.00006103515625",
    "03ff, 0.000060975551605224609375",
    "0001, 0.000000059604644775390625",
    "3555, 0.333251953125",
    "0000, 0",
    "8000, -0.0",
    "7c00, Infinity",
    "fc00, -Infinity"
  })
  void knownNumbersAreWhatTheStandardSays(String bits, float value) {
    short half = (short) Integer.parseInt(bits, 16);

    assertThat(Float.intBitsToFloat(Float16.widen(half))).isEqualTo(value);
    assertThat(Float16.round(Float.floatToRawIntBits(value))).isEqualTo(half);
  }

  @Test
  void everyNumberIsItsOwnRounding() {
    for (int bits = 0; bits <= 0xffff; bits++) {
      float value = Float.intBitsToFloat(Float16.widen((short) bits));
      short rounded = Float16.round(Float.floatToRawIntBits(value));
      if (Float.isNaN(value)) {
        assertThat(Float.intBitsToFloat(Float16.widen(rounded))).isNaN();
      } else {
        assertThat(rounded).isEqualTo((short) bits);
      }
    }
  }

  /** Of the two numbers around it the nearer one, of two equally near ones the even one. */
  @Test
  void whatIsBetweenTwoNumbersBecomesTheNearer() {
    SplittableRandom random = new SplittableRandom(16);
    for (int below = 0; below < 0x7bff; below++) {
      double low = value(below);
      double high = value(below + 1);
      double middle = (low + high) / 2;
      assertThat(round((float) middle)).isEqualTo(below + (below & 1));
      float between = (float) random.nextDouble(low, high);
      int nearest = between < middle ? below : below + 1;
      if (between != (float) middle) {
        assertThat(round(between)).isEqualTo(nearest);
        assertThat(round(-between)).isEqualTo(nearest | 0x8000);
      }
    }
    assertThat(round(Math.nextDown(Float16.OVERFLOW))).isEqualTo(0x7bff);
    assertThat(round(Float16.OVERFLOW)).isEqualTo(0x7c00);
    assertThat(round(Float.MIN_VALUE)).isZero();
  }

  @Test
  void buffersAreConvertedElementByElement() {
    ByteBuffer floats = ByteBuffer.allocate(12).order(ByteOrder.LITTLE_ENDIAN);
    floats.putFloat(1).putFloat(-2).putFloat(0.5f).flip();
    ByteBuffer halves = ByteBuffer.allocate(6).order(ByteOrder.LITTLE_ENDIAN);
    Float16.round(floats, halves);
    assertThat(halves.getShort(0)).isEqualTo((short) 0x3c00);
    ByteBuffer back = ByteBuffer.allocate(12).order(ByteOrder.LITTLE_ENDIAN);
    Float16.widen(halves, back);
    assertThat(back).isEqualTo(floats);
  }

  private static double value(int bits) {
    return Float.intBitsToFloat(Float16.widen((short) bits));
  }

  private static int round(float value) {
    return Short.toUnsignedInt(Float16.round(Float.floatToRawIntBits(value)));
  }
}
