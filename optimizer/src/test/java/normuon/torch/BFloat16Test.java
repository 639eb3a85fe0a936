package normuon.torch;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BFloat16Test {

  @ParameterizedTest(name = "{0} becomes {1}")
  @CsvSource({
    // 1, and a tie above it: the even neighbour is below; then a tie whose even neighbour is above
    "3f800000, 3f80",
    "3f808000, 3f80",
    "3f818000, 3f82",
    "bf808000, bf80",
    "bf818000, bf82",
    // just above and just below a tie
    "3f808001, 3f81",
    "3f817fff, 3f81",
    // zeros
    "00000000, 0000",
    "80000000, 8000",
    // subnormal: the smallest is less than half of the smallest bfloat16; tie; largest to normal
    "00000001, 0000",
    "00008000, 0000",
    "00008001, 0001",
    "00018000, 0002",
    "807fffff, 8080",
    // carry into the exponent
    "3fffffff, 4000",
    // the largest bfloat16, what still rounds to it, and what does not
    "7f7f0000, 7f7f",
    "7f7f7fff, 7f7f",
    "7f7f8000, 7f80",
    "ff7fffff, ff80",
    // infinities
    "7f800000, 7f80",
    "ff800000, ff80"
  })
  void roundsToNearestAndTiesToEven(String bits, String expected) {
    short rounded = BFloat16.round(Integer.parseUnsignedInt(bits, 16));

    assertThat("%04x".formatted(rounded & 0xffff)).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource({"7fc00000", "7f800001", "7fffffff", "ffc00000", "ff800001", "ffffffff"})
  void notANumberStaysThatWithItsSign(String bits) {
    int original = Integer.parseUnsignedInt(bits, 16);

    int kept = BFloat16.widen(BFloat16.round(original));

    assertThat(Float.intBitsToFloat(kept)).isNaN();
    assertThat(kept >>> 31).isEqualTo(original >>> 31);
  }

  /**
   * In exact arithmetic no other bfloat16 is nearer, and of two equally near the even one is it.
   */
  @Test
  void noNeighbourIsNearer() {
    Random random = new Random(5);
    for (int i = 0; i < 100_000; i++) {
      int bits = random.nextInt();
      float value = Float.intBitsToFloat(bits);
      short rounded = BFloat16.round(bits);
      if (!Float.isFinite(value) || !Float.isFinite(widened(rounded))) {
        continue;
      }
      BigDecimal error = distance(value, rounded);
      for (short neighbour : new short[] {(short) (rounded - 1), (short) (rounded + 1)}) {
        if (Float.isFinite(widened(neighbour))) {
          int order = error.compareTo(distance(value, neighbour));
          boolean nearest = order < 0 || (order == 0 && (rounded & 1) == 0);
          assertThat(nearest).as("%x to %x, not %x", bits, rounded, neighbour).isTrue();
        }
      }
    }
  }

  private static float widened(short bits) {
    return Float.intBitsToFloat(BFloat16.widen(bits));
  }

  private static BigDecimal distance(float value, short rounded) {
    return new BigDecimal(value).subtract(new BigDecimal(widened(rounded))).abs();
  }

  @Test
  void convertsBuffers() {
    float[] values = {1, -2.5f, 1 / 3f, 0};
    ByteBuffer floats = buffer(16);
    floats.asFloatBuffer().put(values);
    ByteBuffer rounded = buffer(8);
    ByteBuffer back = buffer(16);

    BFloat16.round(floats, rounded);
    BFloat16.widen(rounded, back);

    float[] received = new float[4];
    back.asFloatBuffer().get(received);
    assertThat(received).containsExactly(1, -2.5f, 0.333984375f, 0);
    assertThat(rounded.getShort(0)).as("little-endian").isEqualTo((short) 0x3f80);
  }

  private static ByteBuffer buffer(int bytes) {
    return ByteBuffer.allocateDirect(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }
}
