package normuon.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import normuon.torch.SafetensorsWriter.Entry;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SafetensorsTest {

  @Test
  void writesTheFormatToTheByte() throws IOException {
    ByteBuffer data = ByteBuffer.wrap(new byte[] {1, 2, 3, 4, 5, 6, 7, 8});
    byte[] file =
        write(
            Map.of("b", "2", "a", "<\"1\">"),
            List.of(
                Entry.of("x", SafetensorsType.BF16, new long[] {2, 2}, data),
                Entry.of("empty", SafetensorsType.F32, new long[] {0, 7}, ByteBuffer.allocate(0))));
    String header =
        "{\"__metadata__\":{\"a\":\"<\\\"1\\\">\",\"b\":\"2\"},"
            + "\"x\":{\"dtype\":\"BF16\",\"shape\":[2,2],\"data_offsets\":[0,8]},"
            + "\"empty\":{\"dtype\":\"F32\",\"shape\":[0,7],\"data_offsets\":[8,8]}}";
    String padded = header + " ".repeat((8 - header.length() % 8) % 8);
    ByteBuffer read = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
    assertThat(read.getLong()).isEqualTo(padded.length());
    assertThat(new String(file, 8, padded.length(), StandardCharsets.UTF_8)).isEqualTo(padded);
    assertThat((8 + padded.length()) % 8).isZero();
    assertThat(file).endsWith(1, 2, 3, 4, 5, 6, 7, 8).hasSize(8 + padded.length() + 8);
  }

  @Test
  void readsArraysAndRowsOfThem(@TempDir Path folder) throws IOException {
    Path path = folder.resolve("arrays.safetensors");
    try (NDManager manager = TorchRuntime.newManager()) {
      NDArray matrix = manager.arange(0, 15, 1, DataType.FLOAT32).reshape(5, 3);
      NDArray steps = manager.create(new long[] {4, -5, 1L << 40});
      NDArray none = manager.create(new Shape(0, 3));
      Files.write(
          path,
          write(
              Map.of("step", "7"),
              List.of(Entry.of("m", matrix), Entry.of("none", none), Entry.of("steps", steps))));
      try (FileChannel channel = FileChannel.open(path)) {
        SafetensorsReader reader = SafetensorsReader.open(ByteSource.of(channel));
        assertThat(reader.metadata()).containsExactly(Map.entry("step", "7"));
        assertThat(reader.tensors())
            .extracting(SafetensorsTensor::toString)
            .containsExactly("m F32[5, 3]", "none F32[0, 3]", "steps I64[3]");
        NDArray rows = manager.zeros(new Shape(2, 3));
        reader.readRows("m", 3, rows);
        assertThat(rows.toFloatArray()).containsExactly(9, 10, 11, 12, 13, 14);
        reader.readRows("none", 0, none);
        NDArray last = manager.zeros(new Shape(1), DataType.INT64);
        reader.readRows("steps", 2, last);
        assertThat(last.toLongArray()).containsExactly(1L << 40);
      }
    }
  }

  @Test
  void readsOnlyWhatFits() throws IOException {
    try (NDManager manager = TorchRuntime.newManager()) {
      SafetensorsReader reader =
          SafetensorsReader.open(
              new Bytes(write(Map.of(), List.of(Entry.of("m", manager.ones(new Shape(4, 3)))))));
      assertThatThrownBy(() -> reader.readRows("m", 3, manager.zeros(new Shape(2, 3))))
          .isInstanceOf(SafetensorsException.class)
          .hasMessage("Invalid rows [3, 5) of m F32[4, 3]: it has 4");
      assertThatThrownBy(() -> reader.readRows("m", 0, manager.zeros(new Shape(4))))
          .hasMessage("Cannot read rows of m F32[4, 3] into an array F32(4)");
      assertThatThrownBy(
              () -> reader.readRows("m", 0, manager.zeros(new Shape(4, 3), DataType.INT32)))
          .hasMessage("Cannot read rows of m F32[4, 3] into an array I32(4, 3)");
      assertThatThrownBy(() -> reader.readRows("m", 0, 2, ByteBuffer.allocate(23)))
          .hasMessage("Cannot read rows [0, 2) of m F32[4, 3] into 23 bytes: they have 24");
      assertThatThrownBy(() -> reader.tensor("w"))
          .hasMessage("Tensor w does not exist: there are [m]");
    }
  }

  @Test
  void countsBytesInSixtyFourBits() throws IOException {
    long rows = 5_000_000_000L;
    byte[] header =
        header("{'m':{'dtype':'F64','shape':[" + rows + "],'data_offsets':[0,40000000000]}}");
    // A file of 40 GB in which each row holds its own position.
    ByteSource source =
        new ByteSource() {
          @Override
          public long size() {
            return header.length + rows * Double.BYTES;
          }

          @Override
          public void read(long position, ByteBuffer destination) {
            if (position < header.length) {
              destination.put(header, (int) position, destination.remaining());
            } else {
              destination.order(ByteOrder.LITTLE_ENDIAN).putLong(position - header.length);
            }
          }
        };
    ByteBuffer row = ByteBuffer.allocate(Double.BYTES);
    SafetensorsReader.open(source).readRows("m", rows - 2, rows - 1, row);
    assertThat(row.getLong(0)).isEqualTo((rows - 2) * Double.BYTES);
  }

  @Test
  void refusesToWriteWhatCannotBeRead() {
    Entry entry = Entry.of("m", SafetensorsType.F32, new long[] {2}, ByteBuffer.allocate(4));
    assertThatThrownBy(() -> write(Map.of(), List.of(entry)))
        .hasMessage("Invalid content of tensor m F32[2]: 4 bytes, must be 8");
    assertThatThrownBy(() -> write(Map.of(), List.of(entry, entry)))
        .hasMessage("Invalid tensors: the name m must be unique");
  }

  private static byte[] write(Map<String, String> metadata, List<Entry> entries)
      throws IOException {
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    SafetensorsWriter.write(file, metadata, entries);
    return file.toByteArray();
  }

  /** The length and the JSON, given with single quotes. */
  private static byte[] header(String json) {
    byte[] text = json.replace('\'', '"').getBytes(StandardCharsets.UTF_8);
    return ByteBuffer.allocate(8 + text.length)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(text.length)
        .put(text)
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
