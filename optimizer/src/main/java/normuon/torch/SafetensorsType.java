package normuon.torch;

import ai.djl.ndarray.NDArray;

/** The element types of the safetensors format. */
public enum SafetensorsType {
  /** One byte, 0 or 1. */
  BOOL(1),
  /** Unsigned byte. */
  U8(1),
  /** Signed byte. */
  I8(1),
  /** 8-bit float, 5 bits of exponent. */
  F8_E5M2(1),
  /** 8-bit float, 4 bits of exponent. */
  F8_E4M3(1),
  /** Signed, two bytes. */
  I16(2),
  /** Unsigned, two bytes. */
  U16(2),
  /** IEEE half precision. */
  F16(2),
  /** bfloat16. */
  BF16(2),
  /** Signed, four bytes. */
  I32(4),
  /** Unsigned, four bytes. */
  U32(4),
  /** IEEE single precision. */
  F32(4),
  /** IEEE double precision. */
  F64(8),
  /** Signed, eight bytes. */
  I64(8),
  /** Unsigned, eight bytes. */
  U64(8);

  private final int bytes;

  SafetensorsType(int bytes) {
    this.bytes = bytes;
  }

  /**
   * The type of an array's elements.
   *
   * @throws IllegalArgumentException if it is none that DJL can hand over
   */
  static SafetensorsType of(NDArray array) {
    return switch (array.getDataType()) {
      case BOOLEAN -> BOOL;
      case UINT8 -> U8;
      case INT8 -> I8;
      case FLOAT16 -> F16;
      case INT32 -> I32;
      case FLOAT32 -> F32;
      case FLOAT64 -> F64;
      case INT64 -> I64;
      default ->
          throw new IllegalArgumentException(
              "Cannot store an array of type " + array.getDataType() + " as safetensors");
    };
  }

  /** The size of one element. */
  public int bytes() {
    return bytes;
  }
}
