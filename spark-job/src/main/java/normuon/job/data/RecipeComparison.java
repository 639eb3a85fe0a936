package normuon.job.data;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;
import normuon.job.data.TokenManifest.DocumentRules;
import normuon.job.data.TokenManifest.Source;
import normuon.job.data.TokenManifest.SourceFile;

/** Tells whether tokens that are there already are those of a request, and if not, why. */
public final class RecipeComparison {

  private final List<String> differences = new ArrayList<>();

  private RecipeComparison() {}

  /**
   * What differs, in words; empty if nothing does.
   *
   * @param before the recipe of the tokens that are there
   * @param now the recipe of the request
   * @param places the keys of the sources of the request: {@code data}, or {@code data.sources[0]}
   *     and so on
   */
  public static List<String> differences(Recipe before, Recipe now, List<String> places) {
    RecipeComparison comparison = new RecipeComparison();
    comparison.compare("the number of sources", before.sources().size(), now.sources().size());
    if (before.sources().size() == now.sources().size()) {
      for (int i = 0; i < places.size(); i++) {
        comparison.compareSource(before.sources().get(i), now.sources().get(i), places.get(i));
      }
    }
    comparison.compare("data.tokenizer", before.tokenizer(), now.tokenizer());
    comparison.compare(
        "data.validation_fraction", before.validationFraction(), now.validationFraction());
    comparison.compareRules(before.documentRules(), now.documentRules());
    return comparison.differences;
  }

  private void compareRules(DocumentRules before, DocumentRules now) {
    compare("the line ends of documents", before.lineEnds(), now.lineEnds());
    compare(
        "data.documents.minimum_characters", before.minimumCharacters(), now.minimumCharacters());
    compare(
        "data.documents.maximum_characters", before.maximumCharacters(), now.maximumCharacters());
    compare("data.documents.duplicates", before.duplicates(), now.duplicates());
  }

  private void compareSource(Source before, Source now, String place) {
    int known = differences.size();
    compare(place + ".path", before.path(), now.path());
    compare(place + ".format", before.format().label(), now.format().label());
    compare(place + ".text_column", before.textColumn(), now.textColumn());
    compare(place + ".key_column", before.keyColumn(), now.keyColumn());
    compare(place + ".filter", before.filter(), now.filter());
    compare(place + ".version", before.snapshot().version(), now.snapshot().version());
    compare("the version before " + place, before.snapshot().after(), now.snapshot().after());
    compare("the table at " + now.path(), before.snapshot().table(), now.snapshot().table());
    if (differences.size() == known) {
      compareFiles(before.files(), now.files());
    }
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
    int known = differences.size();
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
      if (differences.size() > known) {
        return;
      }
    }
  }

  private void compareFile(SourceFile before, SourceFile now) {
    if (before.bytes() != now.bytes()) {
      compare("the size of " + now.path(), before.bytes(), now.bytes());
    } else {
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
