package normuon.model.hub;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;

/** The file {@code model.safetensors.index.json}: which file holds which weight. */
final class WeightIndex {

  /** That of a model with a million tensors is smaller. */
  private static final int LARGEST = 200_000_000;

  /** A path that leads out of the folder is none of these. */
  private static final Pattern FILE_NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]*");

  private static final Gson JSON = new GsonBuilder().setPrettyPrinting().create();

  private WeightIndex() {}

  /** The file of each tensor. */
  static Map<String, String> read(ModelFolder folder) throws IOException {
    try {
      JsonObject map =
          JsonParser.parseString(folder.readText(HubFiles.WEIGHT_INDEX, LARGEST))
              .getAsJsonObject()
              .getAsJsonObject("weight_map");
      if (map == null || map.isEmpty()) {
        throw invalid("it has no weight_map", null);
      }
      Map<String, String> files = new TreeMap<>();
      for (Map.Entry<String, JsonElement> entry : map.entrySet()) {
        files.put(entry.getKey(), fileName(entry.getValue()));
      }
      return files;
    } catch (JsonParseException | IllegalStateException | ClassCastException malformed) {
      throw invalid("it is no JSON object with a weight_map", malformed);
    }
  }

  private static String fileName(JsonElement value) throws InvalidModelException {
    if (value.isJsonPrimitive() && FILE_NAME.matcher(value.getAsString()).matches()) {
      return value.getAsString();
    }
    throw invalid(value + " is not the name of a file beside it", null);
  }

  private static InvalidModelException invalid(String what, Exception cause) {
    return new InvalidModelException("Invalid " + HubFiles.WEIGHT_INDEX + ": " + what, cause);
  }

  /**
   * Writes the file.
   *
   * @param files the file of each tensor
   * @param bytes the size of all tensors together
   */
  static String write(Map<String, String> files, long bytes) {
    JsonObject metadata = new JsonObject();
    metadata.addProperty("total_size", bytes);
    JsonObject index = new JsonObject();
    index.add("metadata", metadata);
    index.add("weight_map", JSON.toJsonTree(new TreeMap<>(files)));
    return JSON.toJson(index) + "\n";
  }
}
