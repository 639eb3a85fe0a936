package normuon.job.checkpoint;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * A manifest as the file {@code manifest.json}: JSON with a seal, {@code manifest_sha256}, which is
 * the SHA-256 of the file with zeros in the seal's place.
 */
final class ManifestFile {

  /** The file's name in the folder of a checkpoint. */
  static final String NAME = "manifest.json";

  /** The first format with a seal. */
  private static final int SEALED = 2;

  private static final String SEAL = "manifest_sha256";
  private static final String NO_SEAL = "0".repeat(64);

  private static final ObjectMapper JSON =
      JsonMapper.builder()
          .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
          .enable(SerializationFeature.INDENT_OUTPUT)
          .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .build();

  private ManifestFile() {}

  /**
   * Reads the manifest in the folder of a checkpoint.
   *
   * @throws FileNotFoundException if there is none
   * @throws DamageException if it is not as it was written, or another folder's
   */
  static CheckpointManifest read(FileSystem fileSystem, Path folder) throws IOException {
    byte[] bytes;
    try (InputStream in = fileSystem.open(new Path(folder, NAME))) {
      bytes = in.readAllBytes();
    }
    CheckpointManifest manifest = decode(bytes);
    String name = CheckpointStore.folderName(manifest.step());
    if (!folder.getName().equals(name) && !folder.getName().startsWith(name + ".")) {
      throw new DamageException(
          "Invalid step %d in %s: the folder is %s"
              .formatted(manifest.step(), NAME, folder.getName()));
    }
    return manifest;
  }

  static byte[] encode(CheckpointManifest manifest) {
    ObjectNode tree = JSON.valueToTree(manifest);
    tree.put(SEAL, NO_SEAL);
    try {
      String unsealed = JSON.writeValueAsString(tree) + "\n";
      return unsealed.replace(NO_SEAL, sha256(unsealed)).getBytes(StandardCharsets.UTF_8);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("Cannot write " + manifest + " as JSON", e);
    }
  }

  /**
   * Reads a manifest.
   *
   * @throws DamageException if it is no JSON, of a format that this version does not know, or not
   *     as it was written; the message says which
   */
  static CheckpointManifest decode(byte[] bytes) throws DamageException {
    String text = new String(bytes, StandardCharsets.UTF_8);
    try {
      if (!(JSON.readTree(text) instanceof ObjectNode tree)) {
        throw new DamageException("Invalid " + NAME + ": must be a JSON object");
      }
      int format = format(tree);
      JsonNode seal = tree.remove(SEAL);
      if (seal != null || format >= SEALED) {
        requireSealed(text, seal == null ? "" : seal.asText());
      }
      CheckpointManifest manifest = JSON.treeToValue(tree, CheckpointManifest.class);
      if (manifest.shards() == null || manifest.shards().isEmpty()) {
        throw new DamageException("Invalid " + NAME + ": it names no shard");
      }
      return manifest;
    } catch (JsonProcessingException e) {
      throw new DamageException("Invalid " + NAME + ": " + firstLine(e.getOriginalMessage()), e);
    }
  }

  private static int format(ObjectNode tree) throws DamageException {
    JsonNode format = tree.path("format");
    if (!format.isInt() || format.asInt() < 1 || format.asInt() > CheckpointManifest.FORMAT) {
      throw new DamageException(
          "Invalid format %s in %s: this version reads 1 to %d"
              .formatted(
                  format.isMissingNode() ? "(none)" : format, NAME, CheckpointManifest.FORMAT));
    }
    return format.asInt();
  }

  private static void requireSealed(String text, String seal) throws DamageException {
    String found = seal.isEmpty() ? "none" : sha256(text.replace(seal, NO_SEAL));
    if (!found.equals(seal)) {
      throw new DamageException(
          "Invalid %s: its SHA-256 is %s, and %s says %s"
              .formatted(NAME, found, SEAL, seal.isEmpty() ? "nothing" : seal));
    }
  }

  private static String sha256(String text) {
    byte[] digest = CheckpointWriter.sha256().digest(text.getBytes(StandardCharsets.UTF_8));
    return HexFormat.of().formatHex(digest);
  }

  private static String firstLine(String message) {
    return message.lines().findFirst().orElse("malformed JSON");
  }
}
