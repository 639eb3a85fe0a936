package normuon.job.export;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import normuon.model.GptConfiguration;
import normuon.model.hub.HubConfiguration;

/** The page that people read before they use an exported model: what it is, where it comes from. */
final class ModelCard {

  private static final YAMLMapper YAML =
      YAMLMapper.builder().disable(YAMLGenerator.Feature.WRITE_DOC_START_MARKER).build();

  private final String name;
  private final GptConfiguration shape;
  private final ExportManifest manifest;

  ModelCard(String name, GptConfiguration shape, ExportManifest manifest) {
    this.name = name;
    this.shape = shape;
    this.manifest = manifest;
  }

  String text() {
    String architecture = HubConfiguration.architecture(shape);
    return """
        ---
        library_name: transformers
        pipeline_tag: text-generation
        tags:
        - normuon
        ---

        # %s

        %s

            from transformers import AutoModelForCausalLM, AutoTokenizer

            model = AutoModelForCausalLM.from_pretrained("path/of/this/folder")
            tokenizer = AutoTokenizer.from_pretrained("path/of/this/folder")

        ## Model

        %s

        ## Where it comes from

        %s%s
        """
        .formatted(name, summary(), table(model(architecture)), table(origin()), settings());
  }

  private String summary() {
    String trained =
        manifest.step() == null
            ? ""
            : number(", trained for %,d steps on %,d tokens", manifest.step(), manifest.tokens());
    String loss =
        manifest.validationLoss() == null
            ? ""
            : number(
                " Validation loss %.4f nats per token (perplexity %.2f) over %,d tokens.",
                manifest.validationLoss(),
                Math.exp(manifest.validationLoss()),
                manifest.validationTokens());
    return number("A decoder of %,d weights%s.%s", manifest.weights(), trained, loss);
  }

  private Map<String, Object> model(String architecture) {
    Map<String, Object> rows = new TreeMap<>();
    rows.put("architecture", architecture);
    rows.put("attention heads", shape.heads() + ", sharing " + shape.keyValueHeads() + " of keys");
    rows.put("context", shape.context());
    rows.put("feed-forward width", shape.mlpWidth());
    rows.put("layers", shape.layers());
    rows.put("rotary base", shape.rotaryBase());
    rows.put("type of the weights", manifest.type());
    rows.put("vocabulary", shape.vocabularySize());
    rows.put("width", shape.width());
    return rows;
  }

  private Map<String, Object> origin() {
    Map<String, Object> rows = new TreeMap<>(manifest.provenance());
    // It stands in tokenizer.json.
    rows.remove("tokenizer.vocabulary");
    rows.put("exported from", manifest.source());
    return rows;
  }

  private static String table(Map<String, Object> rows) {
    return "| | |\n|---|---|\n"
        + rows.entrySet().stream()
            .map(row -> "| %s | %s |".formatted(row.getKey(), cell(row.getValue())))
            .collect(Collectors.joining("\n"));
  }

  /** A bar or a line break, as a filter may have, would end the cell. */
  private static String cell(Object value) {
    return value.toString().replace("|", "\\|").replaceAll("\\R", " ");
  }

  private String settings() {
    if (manifest.configuration().isEmpty()) {
      return "";
    }
    try {
      String yaml = YAML.writeValueAsString(manifest.configuration());
      return "\n\n## Settings\n\n```yaml\n" + yaml + "```";
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("Cannot write the configuration as YAML", e);
    }
  }

  private static String number(String format, Object... values) {
    return String.format(Locale.ROOT, format, values);
  }
}
