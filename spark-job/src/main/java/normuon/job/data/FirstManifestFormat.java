package normuon.job.data;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

/**
 * The layout of manifests before there were tables: one source of files, all of whose documents
 * were taken as they are, and shards of which all tokens count.
 */
final class FirstManifestFormat {

  static final int VERSION = 1;

  private FirstManifestFormat() {}

  /** Rewrites a manifest in the second layout. */
  static void toSecond(ObjectNode manifest) {
    manifest.put("format_version", TokenManifest.FORMAT_VERSION);
    if (manifest.remove("source") instanceof ObjectNode source) {
      JsonNode files = source.remove("files");
      source.put("key_column", "").put("filter", "");
      source
          .putObject("snapshot")
          .put("table", "")
          .put("version", TokenManifest.Snapshot.NO_VERSION)
          .put("after", TokenManifest.Snapshot.NO_VERSION)
          .set("files", files);
      manifest.putArray("sources").add(source);
    }
    if (manifest.get("tokenizer") instanceof ObjectNode tokenizer) {
      tokenizer.set("vocabulary", tokenizer.remove("characters"));
    }
    manifest
        .putObject("document_rules")
        .put("line_ends", TokenManifest.DocumentRules.NONE.lineEnds())
        .put("minimum_characters", 0)
        .put("maximum_characters", 0)
        .put("duplicates", TokenManifest.DocumentRules.NONE.duplicates());
    if (manifest.get("counts") instanceof ObjectNode counts) {
      JsonNode empty = counts.remove("empty_documents");
      counts.putObject("dropped").set(TokenManifest.Counts.EMPTY, empty);
    }
    for (JsonNode shard : manifest.path("shards")) {
      if (shard instanceof ObjectNode object) {
        object.put("first_token", 0);
      }
    }
  }
}
