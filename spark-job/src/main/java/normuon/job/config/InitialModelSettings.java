package normuon.job.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.DoubleNode;
import com.fasterxml.jackson.databind.node.IntNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import normuon.model.GptConfiguration;
import normuon.model.hub.HubConfiguration;
import normuon.model.hub.HubFiles;
import normuon.model.hub.InvalidModelException;
import normuon.model.hub.ModelFolder;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.UnsupportedFileSystemException;

/**
 * The settings that the folder of a Hugging Face model decides, where {@code
 * initialization.checkpoint} names one: those of its shape and, where the user names none, its
 * tokenizer.
 */
final class InitialModelSettings {

  /** The key that names the folder. */
  static final String KEY = "initialization.checkpoint";

  private static final String CONTEXT = "model.context";
  private static final String HEAD_WIDTH = "model.head_width";
  private static final String TOKENIZER = "data.tokenizer";
  private static final String TOKENIZER_FILE = "data.tokenizer_file";
  private static final TextNode FROM_FILE = TextNode.valueOf("hugging_face");

  private final String source;
  private final GptConfiguration shape;
  private final Optional<String> tokenizerFile;

  private InitialModelSettings(
      String source, GptConfiguration shape, Optional<String> tokenizerFile) {
    this.source = source;
    this.shape = shape;
    this.tokenizerFile = tokenizerFile;
  }

  /**
   * Reads the configuration in a folder.
   *
   * @param folder the value of {@link #KEY}
   * @return empty if the folder has none: then it is a checkpoint's, which is looked at later
   * @throws InvalidConfigurationException if this program cannot be such a model
   * @throws UncheckedIOException if the folder cannot be read now
   */
  static Optional<InitialModelSettings> of(String folder, Configuration hadoop) {
    if (folder.isEmpty()) {
      return Optional.empty();
    }
    Path path = Location.of(folder);
    Path file = new Path(path, HubFiles.CONFIGURATION);
    try {
      FileSystem fileSystem = Location.fileSystem(path, hadoop);
      try (InputStream in = fileSystem.open(file)) {
        String json =
            ModelFolder.readText(in, HubFiles.CONFIGURATION, HubFiles.LARGEST_CONFIGURATION);
        Path tokenizer = new Path(path, HubFiles.TOKENIZER);
        return Optional.of(
            new InitialModelSettings(
                file.toString(),
                HubConfiguration.read(json),
                fileSystem.exists(tokenizer)
                    ? Optional.of(tokenizer.toString())
                    : Optional.empty()));
      }
    } catch (FileNotFoundException missing) {
      return Optional.empty();
    } catch (InvalidModelException | UnsupportedFileSystemException invalid) {
      throw new InvalidConfigurationException(
          "Invalid %s %s: %s".formatted(KEY, folder, invalid.getMessage()), invalid);
    } catch (IOException unreachable) {
      throw new UncheckedIOException("Cannot read " + file, unreachable);
    }
  }

  /** The keys of the model's shape, with the folder's values. */
  private Map<String, JsonNode> shape() {
    Map<String, JsonNode> values = new LinkedHashMap<>();
    values.put("model.layers", IntNode.valueOf(shape.layers()));
    values.put("model.heads", IntNode.valueOf(shape.heads()));
    values.put("model.key_value_heads", IntNode.valueOf(shape.keyValueHeads()));
    values.put(HEAD_WIDTH, IntNode.valueOf(headWidth()));
    values.put("model.width", IntNode.valueOf(shape.width()));
    values.put(CONTEXT, IntNode.valueOf(shape.context()));
    values.put("model.mlp", TextNode.valueOf("swiglu"));
    values.put("model.mlp_width", IntNode.valueOf(shape.mlpWidth()));
    values.put("model.query_key_norm", BooleanNode.valueOf(shape.queryKeyNorm()));
    values.put("model.tied_head", BooleanNode.valueOf(shape.tiedHead()));
    values.put("model.rotary_base", DoubleNode.valueOf(shape.rotaryBase()));
    values.put("model.norm_epsilon", DoubleNode.valueOf(shape.normEpsilon()));
    values.put("model.vocabulary_size", IntNode.valueOf(shape.vocabularySize()));
    return values;
  }

  /** 0 where the heads share the width, as in a run that was begun when there was no such key. */
  private int headWidth() {
    return shape.queryWidth() == shape.width() ? 0 : shape.headWidth();
  }

  /**
   * Compares what the user wrote with what the folder says. A context may be shorter.
   *
   * @param explicit the setting of a key; null if the user did not write it
   * @throws InvalidConfigurationException if they differ; names every key with both values
   */
  void requireEqual(Function<String, Setting> explicit) {
    List<String> differences = new ArrayList<>();
    shape()
        .forEach(
            (key, value) -> {
              Setting setting = explicit.apply(key);
              if (setting != null && !agrees(key, setting.value(), value)) {
                differences.add(
                    "%s is %s there and %s here"
                        .formatted(key, value.isTextual() ? value.textValue() : value, setting));
              }
            });
    if (!differences.isEmpty()) {
      throw new InvalidConfigurationException(
          "Invalid model of %s: %s; leave these keys out, or choose another %s"
              .formatted(source, String.join(", ", differences), KEY));
    }
  }

  private boolean agrees(String key, JsonNode here, JsonNode there) {
    if (key.equals(CONTEXT)) {
      return here.intValue() <= there.intValue();
    }
    if (key.equals(HEAD_WIDTH) && here.intValue() > 0) {
      return here.intValue() == shape.headWidth();
    }
    boolean derived = here.isIntegralNumber() && here.intValue() == 0;
    return derived ? agreesDerived(key) : here.asText().equals(there.asText());
  }

  /** What 0 stands for follows from other settings, which are the folder's. */
  private boolean agreesDerived(String key) {
    ModelSettings model =
        new ModelSettings(
            shape.layers(),
            shape.heads(),
            0,
            0,
            shape.width(),
            shape.context(),
            ModelSettings.Mlp.SWIGLU,
            0,
            shape.queryKeyNorm(),
            shape.tiedHead(),
            shape.rotaryBase(),
            shape.normEpsilon(),
            0);
    return switch (key) {
      case "model.key_value_heads" -> model.effectiveKeyValueHeads() == shape.keyValueHeads();
      case HEAD_WIDTH -> headWidth() == 0;
      case "model.mlp_width" -> model.effectiveMlpWidth() == shape.mlpWidth();
      // The tokenizer, which is not known yet, decides.
      default -> key.equals("model.vocabulary_size");
    };
  }

  /**
   * The folder's settings, which count where the user wrote none.
   *
   * @param explicit what the user wrote
   */
  Map<String, Setting> settings(Map<String, Setting> explicit) {
    Map<String, Setting> settings = new LinkedHashMap<>();
    shape().forEach((key, value) -> settings.put(key, new Setting(value, source)));
    Setting tokenizer = explicit.get(TOKENIZER);
    boolean wanted =
        tokenizer == null
            ? !explicit.containsKey("data.mixture")
            : tokenizer.value().equals(FROM_FILE);
    if (wanted && tokenizerFile.isPresent() && !explicit.containsKey(TOKENIZER_FILE)) {
      settings.put(TOKENIZER, new Setting(FROM_FILE, source));
      settings.put(TOKENIZER_FILE, new Setting(TextNode.valueOf(tokenizerFile.get()), source));
    }
    return settings;
  }
}
