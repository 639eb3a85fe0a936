package normuon.model.hub;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Locale;
import normuon.torch.BFloat16;
import normuon.torch.Float16;
import normuon.torch.SafetensorsType;

/** What weights are written as. */
public enum WeightType {
  /** IEEE single precision: what models are trained in. */
  F32(SafetensorsType.F32, "float32") {
    @Override
    void round(ByteBuffer floats, ByteBuffer target) {
      target.put(0, floats, 0, floats.limit());
    }
  },
  /** bfloat16, rounded to nearest. */
  BF16(SafetensorsType.BF16, "bfloat16") {
    @Override
    void round(ByteBuffer floats, ByteBuffer target) {
      requireInRange(floats, BFloat16.OVERFLOW, "3.39e38, the largest number of bf16");
      BFloat16.round(floats, target);
    }
  },
  /** IEEE half precision, rounded to nearest. */
  F16(SafetensorsType.F16, "float16") {
    @Override
    void round(ByteBuffer floats, ByteBuffer target) {
      requireInRange(floats, Float16.OVERFLOW, "65504, the largest number of f16");
      Float16.round(floats, target);
    }
  };

  private final SafetensorsType stored;
  private final String torchName;

  WeightType(SafetensorsType stored, String torchName) {
    this.stored = stored;
    this.torchName = torchName;
  }

  /**
   * The type of a name.
   *
   * @param name {@code f32}, {@code bf16} or {@code f16}
   * @throws IllegalArgumentException if it is another
   */
  public static WeightType of(String name) {
    return Arrays.stream(values())
        .filter(type -> type.toString().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "Invalid type of weights '%s': must be one of %s"
                        .formatted(name, Arrays.toString(values()))));
  }

  /** As safetensors names it. */
  SafetensorsType stored() {
    return stored;
  }

  /** As PyTorch names it. */
  String torchName() {
    return torchName;
  }

  /**
   * Rounds float32 numbers.
   *
   * @param floats from position 0 to the limit, little-endian
   * @param target as many numbers of this type, likewise
   * @throws ArithmeticException if a finite number would become infinite
   */
  abstract void round(ByteBuffer floats, ByteBuffer target);

  private static void requireInRange(ByteBuffer floats, float overflow, String largest) {
    for (int offset = 0; offset < floats.limit(); offset += Float.BYTES) {
      float value = floats.getFloat(offset);
      if (Float.isFinite(value) && Math.abs(value) >= overflow) {
        throw new ArithmeticException("the weight " + value + " is beyond " + largest);
      }
    }
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
