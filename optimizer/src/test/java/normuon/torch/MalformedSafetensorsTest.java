package normuon.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import java.io.EOFException;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Files that a broken program, a broken disk or an attacker may hand over. */
class MalformedSafetensorsTest {

  /** Many times a header, and far less than the sizes that the files claim. */
  private static final long MOST_ALLOCATED = 1 << 20;

  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  @BeforeAll
  static void loadClasses() throws IOException {
    byte[] file = file("{'m':{'dtype':'F32','shape':[2],'data_offsets':[0,8]}}", 8);
    assertThat(SafetensorsReader.open(new Bytes(file)).tensors()).hasSize(1);
    assertThat(SafetensorsReader.open(new Bytes(file("{}", 0))).tensors()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          []                                                     | header: must begin with {
          null                                                   | header: must begin with {
          "m"                                                    | header: must begin with {
          ` {}`                                                  | header: must begin with {
          {'m':                                                  | End of input
          {                                                      | End of input
          {'m'                                                   | End of input
          {'m':{'dtype':'F32'                                    | End of input
          {'m':{'dtype':'F32','shape':[2                         | End of input
          {'m' {}}                                               | Expected ':'
          {m:{}}                                                 | malformed JSON
          {'m':{'dtype':'F32','shape':[2],'data_offsets':[0,8],}} | Expected name
          {'m':{'dtype':'F32' 'shape':[2],'data_offsets':[0,8]}} | Unterminated object
          {} x                                                   | malformed JSON
          {}{}                                                   | malformed JSON
          {'m':[]}                                               | Expected BEGIN_OBJECT but was BEGIN_ARRAY
          {'m':null}                                             | Expected BEGIN_OBJECT but was NULL
          {'m':7}                                                | Expected BEGIN_OBJECT but was NUMBER
          {'m':{}}                                               | tensor m must have a dtype, a shape and two data_offsets
          {'m':{'dtype':'F32','shape':[2]}}                      | tensor m must have a dtype, a shape and two data_offsets
          {'m':{'dtype':'F32','data_offsets':[0,8]}}             | tensor m must have a dtype, a shape and two data_offsets
          {'m':{'shape':[2],'data_offsets':[0,8]}}               | tensor m must have a dtype, a shape and two data_offsets
          {'m':{'dtype':'F32','shape':[2],'data_offsets':[8]}}   | tensor m must have a dtype, a shape and two data_offsets
          {'m':{'dtype':'F32','shape':[2],'data_offsets':[0,8,8]}} | tensor m must have a dtype, a shape and two data_offsets
          {'m':{'dtype':'F32','shape':[2],'offsets':[0,8]}}      | tensor m has the unknown key offsets
          {'m':{'dtype':'F31','shape':[2],'data_offsets':[0,8]}} | tensor m has the unknown dtype F31
          {'m':{'dtype':'f32','shape':[2],'data_offsets':[0,8]}} | tensor m has the unknown dtype f32
          {'m':{'dtype':'','shape':[2],'data_offsets':[0,8]}}    | tensor m has the unknown dtype
          {'m':{'dtype':32,'shape':[2],'data_offsets':[0,8]}}    | tensor m must have a string as dtype
          {'m':{'dtype':null,'shape':[2],'data_offsets':[0,8]}}  | tensor m must have a string as dtype
          {'m':{'dtype':'F32','shape':2,'data_offsets':[0,8]}}   | Expected BEGIN_ARRAY but was NUMBER
          {'m':{'dtype':'F32','shape':null,'data_offsets':[0,8]}} | Expected BEGIN_ARRAY but was NULL
          {'m':{'dtype':'F32','shape':['2'],'data_offsets':[0,8]}} | tensor m must have whole numbers
          {'m':{'dtype':'F32','shape':[[2]],'data_offsets':[0,8]}} | tensor m must have whole numbers
          {'m':{'dtype':'F32','shape':[2],'data_offsets':[0,null]}} | tensor m must have whole numbers
          {'m':{'dtype':'F32','shape':[-2],'data_offsets':[0,8]}} | tensor m has the negative number -2
          {'m':{'dtype':'F32','shape':[-2,-1],'data_offsets':[0,8]}} | tensor m has the negative number -2
          {'m':{'dtype':'F32','shape':[2],'data_offsets':[-8,0]}} | tensor m has the negative number -8
          {'m':{'dtype':'F32','shape':[2.5],'data_offsets':[0,8]}} | tensor m has the number 2.5, must be whole
          {'m':{'dtype':'F32','shape':[2e0],'data_offsets':[0,8]}} | tensor m has the number 2e0, must be whole
          {'m':{'dtype':'F32','shape':[1e999],'data_offsets':[0,8]}} | tensor m has the number 1e999, must be whole
          {'m':{'dtype':'F32','shape':[NaN],'data_offsets':[0,8]}} | malformed JSON
          {'m':{'dtype':'F32','shape':[9223372036854775808],'data_offsets':[0,8]}} | has the number 9223372036854775808, must be whole, of 64 bits
          {'m':{'dtype':'F32','shape':[18446744073709551618],'data_offsets':[0,8]}} | has the number 18446744073709551618, must be whole, of 64 bits
          {'m':{'dtype':'F32','shape':[1],'data_offsets':[0,8]}} | tensor m F32[1] has 8 bytes, but its shape needs 4
          {'m':{'dtype':'F32','shape':[3],'data_offsets':[0,8]}} | tensor m F32[3] has 8 bytes, but its shape needs 12
          {'m':{'dtype':'F32','shape':[0],'data_offsets':[0,8]}} | tensor m F32[0] has 8 bytes, but its shape needs 0
          {'m':{'dtype':'F64','shape':[],'data_offsets':[0,4]}}  | tensor m F64[] has 4 bytes, but its shape needs 8
          {'m':{'dtype':'F32','shape':[2],'data_offsets':[8,0]}} | tensor m F32[2] has -8 bytes, but its shape needs 8
          {'m':{'dtype':'U8','shape':[4294967296,4294967296],'data_offsets':[0,8]}} | is larger than 64 bits can count
          {'m':{'dtype':'F64','shape':[1152921504606846977],'data_offsets':[0,8]}} | is larger than 64 bits can count
          {'m':{'dtype':'F32','shape':[2147483648,2147483648,4],'data_offsets':[0,8]}} | is larger than 64 bits can count
          {'m':{'dtype':'U8','shape':[8],'data_offsets':[9223372036854775807,7]}} | is larger than 64 bits can count
          {'m':{'dtype':'F32','shape':[250000000000],'data_offsets':[0,1000000000000]}} | its tensors need 1000000000000 bytes of data, but it holds 8
          {'m':{'dtype':'F32','shape':[1],'data_offsets':[4,8]}} | tensor m F32[1] begins at byte 4, after a hole
          {'m':{'dtype':'F32','shape':[1],'data_offsets':[0,4]}} | its tensors need 4 bytes of data, but it holds 8
          {'m':{'dtype':'F32','shape':[4],'data_offsets':[0,16]}} | its tensors need 16 bytes of data, but it holds 8
          {}                                                     | its tensors need 0 bytes of data, but it holds 8
          {'m':{'dtype':'F16','shape':[2],'data_offsets':[0,4]},'n':{'dtype':'F16','shape':[2],'data_offsets':[2,6]}} | tensor n F16[2] begins at byte 2, inside another tensor
          {'m':{'dtype':'F32','shape':[2],'data_offsets':[0,8]},'n':{'dtype':'F32','shape':[2],'data_offsets':[0,8]}} | tensor n F32[2] begins at byte 0, inside another tensor
          {'m':{'dtype':'F32','shape':[2],'data_offsets':[0,8]},'n':{'dtype':'U8','shape':[1],'data_offsets':[7,8]}} | tensor n U8[1] begins at byte 7, inside another tensor
          {'m':{'dtype':'F16','shape':[1],'data_offsets':[0,2]},'n':{'dtype':'F16','shape':[2],'data_offsets':[4,8]}} | tensor n F16[2] begins at byte 4, after a hole
          {'m':{'dtype':'F32','shape':[1],'data_offsets':[0,4]},'m':{'dtype':'F32','shape':[1],'data_offsets':[4,8]}} | m comes twice
          {'m':{'dtype':'F32','dtype':'F32','shape':[2],'data_offsets':[0,8]}} | tensor m has the key dtype twice
          {'m':{'dtype':'F32','shape':[2],'shape':[2],'data_offsets':[0,8]}} | tensor m has the key shape twice
          {'m':{'dtype':'F32','shape':[2],'data_offsets':[0,8],'data_offsets':[0,8]}} | tensor m has the key data_offsets twice
          {'__metadata__':[]}                                    | Expected BEGIN_OBJECT but was BEGIN_ARRAY
          {'__metadata__':{'step':7}}                            | the metadata step must be a string
          {'__metadata__':{'a':{'b':{'c':'d'}}}}                 | the metadata a must be a string
          {'__metadata__':{'a':'1','a':'2'}}                     | the metadata a comes twice
          {'__metadata__':{},'__metadata__':{}}                  | __metadata__ comes twice
          """)
  void malformedHeadersAreRefused(String json, String reason) {
    assertRefused(file(json, 8), reason);
  }

  static Stream<Arguments> files() {
    return Stream.of(
        Arguments.of("nothing", new byte[0], "it has 0 bytes and must have at least 8"),
        Arguments.of("half a length", new byte[7], "it has 7 bytes and must have at least 8"),
        Arguments.of("no header", new byte[8], "header: must begin with {"),
        Arguments.of(
            "a header past the end", lengthOnly(13, 12), "header of 13 bytes, must be at most 12"),
        Arguments.of("the largest header", lengthOnly(100_000_000, 12), "must be at most 12"),
        Arguments.of("2^31", lengthOnly(1L << 31, 12), "a header of 2147483648 bytes"),
        Arguments.of(
            "2^63", lengthOnly(Long.MIN_VALUE, 12), "a header of 9223372036854775808 bytes"),
        Arguments.of("2^64 - 1", lengthOnly(-1, 12), "a header of 18446744073709551615 bytes"),
        Arguments.of("zeros", lengthOnly(12, 12), "header: must begin with {"),
        Arguments.of(
            "a ZIP archive", "PK\3\4 and so on".getBytes(StandardCharsets.UTF_8), "a header of"),
        Arguments.of(
            "bytes that are no UTF-8",
            raw(new byte[] {'{', '"', (byte) 0xc3, '"', '}'}),
            "must be UTF-8"),
        Arguments.of("a line feed in a name", file("{'a\n':1}", 0), "Unescaped control characters"),
        Arguments.of(
            "65 dimensions",
            file("{'m':{'dtype':'U8','shape':[" + "1,".repeat(64) + "1],'data_offsets':[0,1]}}", 1),
            "has a list of more than 64 numbers"),
        Arguments.of(
            "objects in objects",
            file("{'m':" + "{'dtype':".repeat(20_000), 0),
            "tensor m must have a string as dtype"),
        Arguments.of(
            "a long name", file("{'" + "n".repeat(50_000) + "':{}}", 0), "n… must have a dtype"),
        Arguments.of(
            "a long number",
            file("{'m':{'dtype':'U8','shape':[" + "9".repeat(50_000) + "]", 0),
            "malformed JSON"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("files")
  void malformedFilesAreRefused(String what, byte[] file, String reason) {
    assertRefused(file, reason);
  }

  /** The format's own limit: a file may be as large as it likes, its header may not. */
  @Test
  void aHeaderOfMoreThanAHundredMillionBytesIsNotRead() {
    ByteSource terabyte =
        new ByteSource() {
          @Override
          public long size() {
            return 1L << 40;
          }

          @Override
          public void read(long position, ByteBuffer destination) {
            assertThat(position).isZero();
            destination.order(ByteOrder.LITTLE_ENDIAN).putLong(100_000_001);
          }
        };
    assertThatThrownBy(() -> SafetensorsReader.open(terabyte))
        .isInstanceOf(SafetensorsException.class)
        .hasMessage(
            "Invalid safetensors file: a header of 100000001 bytes, must be at most 100000000");
  }

  private static void assertRefused(byte[] file, String reason) {
    Bytes source = new Bytes(file);
    long before = THREADS.getCurrentThreadAllocatedBytes();
    Throwable refusal = null;
    try {
      SafetensorsReader.open(source);
    } catch (Throwable thrown) {
      refusal = thrown;
    }
    long allocated = THREADS.getCurrentThreadAllocatedBytes() - before;

    assertThat(refusal)
        .isInstanceOf(SafetensorsException.class)
        .hasMessageStartingWith("Invalid safetensors ")
        .hasMessageContaining(reason);
    assertThat(refusal.getMessage().length()).isLessThan(400);
    assertThat(allocated).isLessThan(MOST_ALLOCATED);
  }

  /** A whole file, its JSON given with single quotes. */
  private static byte[] file(String json, int dataBytes) {
    byte[] header = raw(json.replace('\'', '"').getBytes(StandardCharsets.UTF_8));
    return ByteBuffer.allocate(header.length + dataBytes).put(header).array();
  }

  private static byte[] raw(byte[] header) {
    return ByteBuffer.allocate(Long.BYTES + header.length)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(header.length)
        .put(header)
        .array();
  }

  /** A length, and as many zeros as are there of what it promises. */
  private static byte[] lengthOnly(long length, int bytes) {
    return ByteBuffer.allocate(Long.BYTES + bytes)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(length)
        .array();
  }

  private record Bytes(byte[] bytes) implements ByteSource {
    @Override
    public long size() {
      return bytes.length;
    }

    @Override
    public void read(long position, ByteBuffer destination) throws IOException {
      if (position + destination.remaining() > bytes.length) {
        throw new EOFException("Cannot read past " + bytes.length);
      }
      destination.put(bytes, (int) position, destination.remaining());
    }
  }
}
