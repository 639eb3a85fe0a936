package normuon.job.train;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import normuon.job.checkpoint.CheckpointManifest;
import normuon.job.checkpoint.ShardFile;
import normuon.job.config.RunConfiguration;
import normuon.job.data.TokenManifest;
import normuon.model.text.CharacterTokenizer;
import normuon.torch.ParameterSpec;
import normuon.torch.TorchRuntime;
import org.apache.spark.package$;

/** Makes the manifests of a run's checkpoints, with all that says where the weights come from. */
final class CheckpointRecords {

  private final RunConfiguration configuration;
  private final List<ParameterSpec> specs;
  private final TokenManifest tokens;

  CheckpointRecords(
      RunConfiguration configuration, List<ParameterSpec> specs, TokenManifest tokens) {
    this.configuration = configuration;
    this.specs = specs;
    this.tokens = tokens;
  }

  /** The manifest of a checkpoint whose ranks have written these shards. */
  CheckpointManifest manifest(Progress progress, List<ShardFile> shards) {
    return new CheckpointManifest(
        CheckpointManifest.FORMAT,
        progress.step(),
        progress.sequencesConsumed(),
        progress.sequencesConsumed() * configuration.model().context(),
        progress.newtonSchulzCalls(),
        progress.inheritedUpdates(),
        progress.refused(),
        shards.size(),
        shards,
        configurationByKey(),
        owners(shards.size()),
        provenance());
  }

  private Map<String, Object> configurationByKey() {
    try {
      return new YAMLMapper().readValue(configuration.toYaml(), new TypeReference<>() {});
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("Cannot read the configuration that was just written", e);
    }
  }

  private Map<String, Integer> owners(int worldSize) {
    Map<String, Integer> owners = new TreeMap<>();
    ModelPlan.of(configuration, specs, worldSize)
        .buckets()
        .forEach(
            bucket ->
                bucket.matrices().forEach(matrix -> owners.put(matrix.name(), bucket.owner())));
    return owners;
  }

  /** Where the text came from: {@code data.path}, or each table that was prepared. */
  private Map<String, String> sources() {
    Map<String, String> entries = new TreeMap<>();
    for (int i = 0; i < tokens.sources().size(); i++) {
      TokenManifest.Source source = tokens.sources().get(i);
      boolean isPath =
          configuration.data().sources().isEmpty() && configuration.data().mixture().isEmpty();
      String name = isPath ? "data.path" : "data.sources[" + i + "]";
      entries.put(name, source.path());
      if (source.snapshot().version() != TokenManifest.Snapshot.NO_VERSION) {
        entries.put(name + ".version", Long.toString(source.snapshot().version()));
      }
      if (source.snapshot().after() != TokenManifest.Snapshot.NO_VERSION) {
        entries.put(name + ".after_version", Long.toString(source.snapshot().after()));
      }
      if (!source.filter().isEmpty()) {
        entries.put(name + ".filter", source.filter());
      }
    }
    return entries;
  }

  private Map<String, String> provenance() {
    Map<String, String> provenance = new TreeMap<>();
    provenance.putAll(sources());
    provenance.put("data.documents", Long.toString(tokens.counts().documents()));
    tokens
        .counts()
        .dropped()
        .forEach((reason, rows) -> provenance.put("data.dropped." + reason, rows.toString()));
    if (!configuration.initialization().isFromSeed()) {
      provenance.put("parent", configuration.initialization().checkpoint());
    }
    provenance.put("tokenizer", tokens.tokenizer().name());
    provenance.put("tokenizer.sha256", tokens.tokenizerSha256());
    if (tokens.tokenizer().name().equals(CharacterTokenizer.NAME)) {
      // So that the checkpoint alone is a model that can be used.
      provenance.put("tokenizer.vocabulary", tokens.tokenizer().vocabulary());
    }
    tokens.shards().forEach(shard -> provenance.put("tokens." + shard.file(), shard.sha256()));
    provenance.put("spark", package$.MODULE$.SPARK_VERSION());
    provenance.put("pytorch", TorchRuntime.version());
    provenance.put("java", System.getProperty("java.version"));
    return provenance;
  }
}
