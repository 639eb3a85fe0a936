package normuon.model.hub;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import normuon.model.GptConfiguration;

/**
 * Reads a {@code config.json} as Hugging Face's transformers mean it, and refuses what this program
 * would compute differently.
 */
final class ConfigurationReader {

  private static final String ROPE_PARAMETERS = "rope_parameters";
  private static final String HEAD_DIM = "head_dim";

  /** If it is there as null, it is the number of heads, whatever the architecture. */
  private static final String KEY_VALUE_HEADS = "num_key_value_heads";

  /** What rotary positions may have where nothing says how they are scaled. */
  private static final Set<String> UNSCALED = Set.of("rope_theta", "partial_rotary_factor");

  private static final double ROTARY_BASE = 10_000;
  private static final double NORM_EPSILON = 1e-6;

  private final ConfigurationFields fields;

  private ConfigurationReader(ConfigurationFields fields) {
    this.fields = fields;
  }

  static GptConfiguration read(String json) throws InvalidModelException {
    ConfigurationReader reader = new ConfigurationReader(new ConfigurationFields(parse(json)));
    Optional<Architecture> architecture = reader.architecture();
    Optional<GptConfiguration> shape = architecture.map(reader::shape);
    InvalidModelException.throwIfAny(HubFiles.CONFIGURATION, reader.fields.problems());
    return shape.orElseThrow();
  }

  private static JsonObject parse(String json) throws InvalidModelException {
    try {
      JsonElement file = JsonParser.parseString(json);
      if (file.isJsonObject()) {
        return file.getAsJsonObject();
      }
      throw new InvalidModelException(
          "Invalid " + HubFiles.CONFIGURATION + ": must be a JSON object");
    } catch (JsonParseException malformed) {
      throw new InvalidModelException(
          "Invalid " + HubFiles.CONFIGURATION + ": it is no JSON", malformed);
    }
  }

  private Optional<Architecture> architecture() {
    Optional<JsonElement> classes = fields.value("architectures");
    Optional<Architecture> found =
        classes.isPresent()
            ? elements(classes.get())
                .filter(name -> elements(classes.get()).count() == 1)
                .findFirst()
                .flatMap(Architecture::ofClass)
            : fields.text("model_type").flatMap(Architecture::ofModelType);
    if (found.isEmpty()) {
      String key = classes.isPresent() ? "architectures" : "model_type";
      fields.problem(
          "%s is %s, must be %s"
              .formatted(
                  key,
                  fields.value(key).isPresent() ? fields.shown(key) : "missing",
                  Architecture.classNames()));
    }
    return found;
  }

  private static Stream<String> elements(JsonElement list) {
    return list.isJsonArray()
        ? StreamSupport.stream(list.getAsJsonArray().spliterator(), false)
            .map(entry -> entry.isJsonPrimitive() ? entry.getAsString() : entry.toString())
        : Stream.of(list.toString());
  }

  private GptConfiguration shape(Architecture architecture) {
    refuseUnknown();
    int width = fields.requiredCount("hidden_size");
    int heads = fields.requiredCount("num_attention_heads");
    int keyValueHeads =
        fields
            .count(KEY_VALUE_HEADS)
            .or(() -> fields.has(KEY_VALUE_HEADS) ? Optional.empty() : architecture.keyValueHeads())
            .orElse(heads);
    int headWidth = fields.count(HEAD_DIM).or(architecture::headWidth).orElse(0);
    int vocabulary = fields.requiredCount("vocab_size");
    int layers = fields.requiredCount("num_hidden_layers");
    int mlpWidth = fields.requiredCount("intermediate_size");
    int context = fields.count("max_position_embeddings").orElse(architecture.context());
    double rotaryBase = rotaryBase();
    double normEpsilon = fields.number("rms_norm_eps").orElse(NORM_EPSILON);
    if (!fields.problems().isEmpty()) {
      return null;
    }
    try {
      return new GptConfiguration(
          vocabulary,
          layers,
          heads,
          keyValueHeads,
          headWidth,
          width,
          context,
          GptConfiguration.Mlp.SWIGLU,
          mlpWidth,
          architecture == Architecture.QWEN3,
          fields.flag("tie_word_embeddings"),
          rotaryBase,
          normEpsilon);
    } catch (IllegalArgumentException impossible) {
      fields.problem(impossible.getMessage());
      return null;
    }
  }

  /** In the file itself or, since transformers 5, in a section of its own. */
  private double rotaryBase() {
    Optional<Double> inSection =
        fields.section(ROPE_PARAMETERS).flatMap(section -> section.number("rope_theta"));
    return inSection.or(() -> fields.number("rope_theta")).orElse(ROTARY_BASE);
  }

  private void refuseUnknown() {
    Optional<String> activation = fields.text("hidden_act");
    fields.requireAbsentOr("hidden_act", "\"silu\"", activation.filter("silu"::equals).isPresent());
    for (String flag : new String[] {"attention_bias", "mlp_bias", "use_sliding_window"}) {
      if (fields.flag(flag)) {
        fields.problem(flag + " is true, must be false");
      }
    }
    fields.requireAbsentOr("quantization_config", "null", false);
    fields.requireAbsentOr(
        "layer_types",
        "full_attention for every layer",
        fields.value("layer_types").stream()
            .flatMap(ConfigurationReader::elements)
            .allMatch("full_attention"::equals));
    refuseScaling("rope_scaling");
    refuseScaling(ROPE_PARAMETERS);
    fields.number("partial_rotary_factor").ifPresent(this::requireWholeHeads);
  }

  private void refuseScaling(String key) {
    fields
        .section(key)
        .ifPresent(
            section -> {
              section.number("partial_rotary_factor").ifPresent(this::requireWholeHeads);
              Optional<String> kind = section.text("rope_type").or(() -> section.text("type"));
              boolean plain =
                  kind.map("default"::equals)
                      .orElse(key.equals(ROPE_PARAMETERS) && UNSCALED.containsAll(section.keys()));
              if (!plain) {
                fields.problem(key + " is " + fields.shown(key) + ", must be null");
              }
            });
  }

  private void requireWholeHeads(double share) {
    if (share != 1) {
      fields.problem("partial_rotary_factor is " + share + ", must be 1");
    }
  }
}
