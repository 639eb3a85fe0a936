package normuon.optimizer;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import com.google.gson.JsonElement;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import normuon.torch.ByteSource;
import normuon.torch.SafetensorsReader;
import normuon.torch.SafetensorsTensor;
import normuon.torch.SafetensorsType;

/** One file of reference numbers; see the README beside them. */
final class ReferenceFile implements AutoCloseable {

  private final FileChannel channel;
  private final SafetensorsReader reader;

  ReferenceFile(Path file) {
    try {
      channel = FileChannel.open(file);
      reader = SafetensorsReader.open(ByteSource.of(channel));
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot open " + file, e);
    }
  }

  /** What the numbers are of, such as normuon_official. */
  String kind() {
    return text("algo");
  }

  String text(String key) {
    String value = reader.metadata().get(key);
    if (value == null) {
      throw new IllegalArgumentException("Metadata " + key + " does not exist");
    }
    return value;
  }

  double number(String key) {
    return Double.parseDouble(text(key));
  }

  /** A list of numbers, or a list of lists, one after the other. */
  double[] numbers(String key) {
    return JsonParser.parseString(text(key)).getAsJsonArray().asList().stream()
        .flatMap(
            e ->
                e.isJsonArray()
                    ? e.getAsJsonArray().asList().stream()
                    : java.util.stream.Stream.of(e))
        .mapToDouble(JsonElement::getAsDouble)
        .toArray();
  }

  /** The names of all tensors, in order. */
  Set<String> names() {
    return reader.tensors().stream()
        .map(SafetensorsTensor::name)
        .collect(Collectors.toCollection(TreeSet::new));
  }

  long[] shape(String name) {
    try {
      return reader.tensor(name).shape();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** All values of a tensor as doubles. */
  double[] values(String name) {
    return values(name, 0, shape(name)[0]);
  }

  /** Values of a tensor's entry of one index of the first dimension. */
  double[] values(String name, long index) {
    return values(name, index, index + 1);
  }

  /** The entry as a float32 array of the remaining dimensions. */
  NDArray array(NDManager manager, String name, long index) {
    long[] shape = shape(name);
    return array(manager, values(name, index), Arrays.copyOfRange(shape, 1, shape.length));
  }

  /** A whole tensor as a float32 array. */
  NDArray array(NDManager manager, String name) {
    return array(manager, values(name), shape(name));
  }

  /** A whole tensor times a number as a float32 array. */
  NDArray scaled(NDManager manager, String name, double factor) {
    double[] values = Arrays.stream(values(name)).map(value -> value * factor).toArray();
    return array(manager, values, shape(name));
  }

  private static NDArray array(NDManager manager, double[] values, long[] shape) {
    NDArray array = manager.create(new Shape(shape), DataType.FLOAT32);
    ByteBuffer bytes = array.toByteBuffer(true).order(ByteOrder.LITTLE_ENDIAN);
    for (double value : values) {
      bytes.putFloat((float) value);
    }
    return array;
  }

  private double[] values(String name, long start, long end) {
    try {
      SafetensorsTensor tensor = reader.tensor(name);
      ByteBuffer bytes =
          ByteBuffer.allocate((int) ((end - start) * tensor.rowBytes()))
              .order(ByteOrder.LITTLE_ENDIAN);
      reader.readRows(name, start, end, bytes);
      bytes.flip();
      double[] values = new double[bytes.remaining() / tensor.type().bytes()];
      for (int i = 0; i < values.length; i++) {
        values[i] = tensor.type() == SafetensorsType.F64 ? bytes.getDouble() : bytes.getFloat();
      }
      return values;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
