package normuon.job;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.stream.Stream;
import org.apache.commons.codec.digest.DigestUtils;

/**
 * Puts a number that is none into a row of a checkpoint's weights, as if it had been trained so:
 * the checkpoint is whole.
 */
final class PoisonedCheckpoint {

  private static final String METADATA = "__metadata__";

  private PoisonedCheckpoint() {}

  /** Writes NaN over the first element of a row, in whichever shard has it. */
  static void poison(Path checkpoint, String tensor, int row) throws IOException {
    int found = 0;
    for (Path shard : shards(checkpoint)) {
      String before = sha256(shard);
      try (FileChannel file =
          FileChannel.open(shard, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
        found += poison(file, tensor, row) ? 1 : 0;
      }
      reseal(checkpoint.resolve("manifest.json"), before, sha256(shard));
    }
    if (found != 1) {
      throw new AssertionError("row " + row + " of " + tensor + " is in " + found + " shards");
    }
  }

  /** Replaces a hash in a manifest, and then the manifest's own. */
  private static void reseal(Path manifest, String before, String after) throws IOException {
    String text = Files.readString(manifest).replace(before, after);
    String seal = TrainedRun.JSON.readTree(text).get("manifest_sha256").asText();
    String unsealed = text.replace(seal, "0".repeat(seal.length()));
    Files.writeString(manifest, text.replace(seal, DigestUtils.sha256Hex(unsealed)));
  }

  private static String sha256(Path file) throws IOException {
    return DigestUtils.sha256Hex(Files.readAllBytes(file));
  }

  private static boolean poison(FileChannel file, String tensor, int row) throws IOException {
    long headerBytes = read(file, 0, Long.BYTES).getLong();
    ByteBuffer text = read(file, Long.BYTES, (int) headerBytes);
    JsonNode header = TrainedRun.JSON.readTree(StandardCharsets.UTF_8.decode(text).toString());
    if (!header.has(tensor)) {
      return false;
    }
    String[] range = header.get(METADATA).get(tensor).asText().split(":");
    int start = Integer.parseInt(range[0]);
    if (row < start || row >= Integer.parseInt(range[1])) {
      return false;
    }
    long rowBytes = header.get(tensor).get("shape").get(1).asLong() * Float.BYTES;
    long position =
        Long.BYTES
            + headerBytes
            + header.get(tensor).get("data_offsets").get(0).asLong()
            + (row - start) * rowBytes;
    ByteBuffer number = ByteBuffer.allocate(Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    file.write(number.putFloat(Float.NaN).flip(), position);
    return true;
  }

  private static ByteBuffer read(FileChannel file, long position, int bytes) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    while (buffer.hasRemaining() && file.read(buffer, position + buffer.position()) >= 0) {
      continue;
    }
    return buffer.flip();
  }

  private static List<Path> shards(Path checkpoint) throws IOException {
    try (Stream<Path> files = Files.list(checkpoint)) {
      return files.filter(file -> file.toString().endsWith(".safetensors")).toList();
    }
  }
}
