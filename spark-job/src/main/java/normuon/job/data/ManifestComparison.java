package normuon.job.data;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;
import normuon.job.data.TokenManifest.Source;
import normuon.job.data.TokenManifest.SourceFile;

/** Tells whether tokens that are there already are those of a request, and if not, why. */
final class ManifestComparison {

  private final List<String> differences = new ArrayList<>();

  private ManifestComparison() {}

  /**
   * What differs, in words; empty if the tokens are those of the request.
   *
   * @param manifest describes the tokens
   * @param source the source of the request
   * @param tokenizer the name of the tokenizer of the request
   * @param validationFraction the fraction of the request
   */
  static List<String> differences(
      TokenManifest manifest, Source source, String tokenizer, double validationFraction) {
    ManifestComparison comparison = new ManifestComparison();
    Source before = manifest.source();
    comparison.compare("data.path", before.path(), source.path());
    comparison.compare("data.format", before.format().label(), source.format().label());
    comparison.compare("data.text_column", before.textColumn(), source.textColumn());
    comparison.compare("data.tokenizer", manifest.tokenizer().name(), tokenizer);
    comparison.compare(
        "data.validation_fraction", manifest.splitRule().validationFraction(), validationFraction);
    if (comparison.differences.isEmpty()) {
      comparison.compareFiles(before.files(), source.files());
    }
    return comparison.differences;
  }

  private void compare(String what, Object before, Object now) {
    if (!before.equals(now)) {
      differences.add("%s was '%s' and is now '%s'".formatted(what, before, now));
    }
  }

  /** Names the first file that differs. */
  private void compareFiles(List<SourceFile> before, List<SourceFile> now) {
    Map<String, SourceFile> filesBefore = byPath(before);
    Map<String, SourceFile> filesNow = byPath(now);
    TreeSet<String> paths = new TreeSet<>(filesBefore.keySet());
    paths.addAll(filesNow.keySet());
    for (String path : paths) {
      if (!filesBefore.containsKey(path)) {
        differences.add(path + " is new");
      } else if (!filesNow.containsKey(path)) {
        differences.add(path + " is gone");
      } else {
        compareFile(filesBefore.get(path), filesNow.get(path));
      }
      if (!differences.isEmpty()) {
        return;
      }
    }
  }

  private void compareFile(SourceFile before, SourceFile now) {
    compare("the size of " + now.path(), before.bytes(), now.bytes());
    if (differences.isEmpty()) {
      compare(
          "the modification time of " + now.path(),
          Instant.ofEpochMilli(before.modified()),
          Instant.ofEpochMilli(now.modified()));
    }
  }

  private static Map<String, SourceFile> byPath(List<SourceFile> files) {
    return files.stream().collect(Collectors.toMap(SourceFile::path, Function.identity()));
  }
}
