package normuon.job;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import normuon.torch.ByteSource;
import normuon.torch.SafetensorsReader;
import normuon.torch.SafetensorsTensor;

/** The tensors of a checkpoint, put together from the row ranges that its shards name. */
final class WholeTensors {

  private WholeTensors() {}

  static Map<String, float[]> of(Path checkpoint) throws IOException {
    Map<String, float[]> tensors = new TreeMap<>();
    for (Path file : shards(checkpoint)) {
      try (FileChannel channel = FileChannel.open(file)) {
        SafetensorsReader reader = SafetensorsReader.open(ByteSource.of(channel));
        for (SafetensorsTensor tensor : reader.tensors()) {
          String[] range = reader.metadata().get(tensor.name()).split(":");
          int columns = (int) (tensor.rowBytes() / Float.BYTES);
          float[] whole =
              tensors.computeIfAbsent(
                  tensor.name(), name -> new float[Integer.parseInt(range[2]) * columns]);
          ByteBuffer rows =
              ByteBuffer.allocate((int) tensor.bytes()).order(ByteOrder.LITTLE_ENDIAN);
          reader.readRows(tensor.name(), 0, tensor.rows(), rows);
          rows.flip()
              .asFloatBuffer()
              .get(whole, Integer.parseInt(range[0]) * columns, (int) tensor.rows() * columns);
        }
      }
    }
    return tensors;
  }

  private static List<Path> shards(Path checkpoint) throws IOException {
    try (Stream<Path> files = Files.list(checkpoint)) {
      return files.filter(file -> file.toString().endsWith(".safetensors")).sorted().toList();
    }
  }

  /** ‖a − b‖ / ‖b‖ in double precision. */
  static double relativeDistance(float[] a, float[] b) {
    double difference = 0;
    double norm = 0;
    for (int i = 0; i < b.length; i++) {
      difference += Math.pow((double) a[i] - b[i], 2);
      norm += (double) b[i] * b[i];
    }
    return Math.sqrt(difference / norm);
  }
}
