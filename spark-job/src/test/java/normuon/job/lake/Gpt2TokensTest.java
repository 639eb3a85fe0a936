package normuon.job.lake;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.nio.LongBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import normuon.job.config.DocumentSettings;
import normuon.job.config.SourceSettings;
import normuon.job.data.Preparation;
import normuon.job.data.PreparationRequest;
import normuon.job.data.TokenDataset;
import normuon.job.data.TokenSplit;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/**
 * The tokens in the shards beside those of {@link PublishedBytePairs}: always of a few texts, whose
 * tokens it gave once; and of every file of the folder {@code -Dnormuon.text=FOLDER}, computed anew
 * with GPT-2's published files in {@code -Dnormuon.gpt2=FOLDER}.
 */
class Gpt2TokensTest {

  private static final int END_OF_TEXT = 50_256;

  private static final Map<String, List<Integer>> TEXTS = texts();

  @TempDir private static Path warehouse;

  private static SparkSession spark;

  @TempDir private Path folder;

  private static Map<String, List<Integer>> texts() {
    Map<String, List<Integer>> texts = new LinkedHashMap<>();
    texts.put(
        "It's we'll they've I'd I'M shouldn't o'clock ''s",
        tokens(
            1026, 338, 356, 1183, 484, 1053, 314, 1549, 314, 6, 44, 6584, 470, 267, 6, 15750, 10148,
            82));
    texts.put(
        "runs   of    spaces\t\ttabs \n\n\n and lines\n end  ",
        tokens(
            48381, 220, 220, 286, 220, 220, 220, 9029, 197, 197, 8658, 82, 220, 628, 198, 290, 3951,
            198, 886, 220, 220));
    texts.put(
        "12345 3.14159 1,000,000 \u0661\u0662\u0663 x\u00b2 2026-11-23T08:30",
        tokens(
            10163, 2231, 513, 13, 1415, 19707, 352, 11, 830, 11, 830, 18923, 94, 149, 95, 149, 96,
            2124, 31185, 1160, 2075, 12, 1157, 12, 1954, 51, 2919, 25, 1270));
    texts.put(
        "\ud83d\ude00\ud83d\udc69\u200d\ud83d\udc69\u200d\ud83d\udc67 caf\u00e9 cafe\u0301 \u65e5\u672c\u8a9e \u0440\u0443\u0441\u0441\u043a\u0438\u0439",
        tokens(
            47249, 222, 41840, 102, 447, 235, 41840, 102, 447, 235, 41840, 100, 40304, 26725, 136,
            223, 10545, 245, 98, 17312, 105, 45739, 252, 220, 21169, 35072, 21727, 21727, 31583,
            18849, 140, 117));
    texts.put(
        "no\u00a0break \u2003em\u2028line \u200bzero\ufeffmark",
        tokens(
            3919, 1849, 9032, 220, 447, 225, 368, 447, 101, 1370, 20126, 22570, 171, 119, 123,
            4102));
    texts.put(
        "supercalifragilisticexpialidocious <|endoftext|> @-@ = = Title = =",
        tokens(
            16668, 9948, 361, 22562, 346, 396, 501, 42372, 498, 312, 32346, 1279, 91, 437, 1659,
            5239, 91, 29, 2488, 12, 31, 796, 796, 11851, 796, 796));
    texts.put(
        "if (a!=b) { return x<<=2; } // \u201cquoted\u201d \u2014 \u2026",
        tokens(
            361, 357, 64, 0, 28, 65, 8, 1391, 1441, 2124, 16791, 28, 17, 26, 1782, 3373, 564, 250,
            421, 5191, 447, 251, 851, 3926));
    return texts;
  }

  private static List<Integer> tokens(int... tokens) {
    return Arrays.stream(tokens).boxed().toList();
  }

  @BeforeAll
  static void start() {
    spark = LakeSession.start(warehouse);
  }

  @AfterAll
  static void stop() {
    spark.stop();
  }

  @Test
  void documentsOfATable() throws IOException {
    spark
        .createDataset(List.copyOf(TEXTS.keySet()), Encoders.STRING())
        .toDF("text")
        .write()
        .parquet(folder.resolve("documents").toString());

    TokenDataset prepared = prepared(SourceSettings.Format.PARQUET, folder.resolve("documents"));

    assertThat(documents(prepared)).containsExactlyInAnyOrderElementsOf(TEXTS.values());
  }

  @Test
  @EnabledIfSystemProperty(named = "normuon.gpt2", matches = ".+")
  void publishedFilesGiveTheTokensOfTheseTexts() throws IOException {
    PublishedBytePairs published = published();

    TEXTS.forEach((text, tokens) -> assertThat(published.encode(text)).as(text).isEqualTo(tokens));
  }

  @Test
  @EnabledIfSystemProperty(named = "normuon.text", matches = ".+")
  void linesOfFilesAsDocuments() throws IOException {
    PublishedBytePairs published = published();
    for (Path file : files()) {
      Set<String> lines = new TreeSet<>(Files.readAllLines(file));
      lines.remove("");

      TokenDataset prepared = prepared(SourceSettings.Format.LINES, file);

      requireEqual(
          file,
          sorted(documents(prepared)),
          sorted(lines.stream().map(published::encode).toList()));
    }
  }

  @Test
  @EnabledIfSystemProperty(named = "normuon.text", matches = ".+")
  void filesAsOneText() throws IOException {
    PublishedBytePairs published = published();
    for (Path file : files()) {
      String text = Files.readString(file);
      int characters =
          new BigDecimal("0.9")
              .multiply(BigDecimal.valueOf(text.codePointCount(0, text.length())))
              .setScale(0, RoundingMode.FLOOR)
              .intValueExact();
      int cut = text.offsetByCodePoints(0, characters);
      String tokensDirectory = folder.resolve("text-" + file.getFileName()).toString();
      new Preparation(spark)
          .prepare(
              new PreparationRequest(
                  file.toString(), "text", "text", "gpt2", "", 0.1, tokensDirectory, 8));

      TokenDataset prepared = open(tokensDirectory);

      requireEqual(file, tokens(prepared.train()), published.encode(text.substring(0, cut)));
      requireEqual(file, tokens(prepared.validation()), published.encode(text.substring(cut)));
    }
  }

  /** Not by AssertJ's description of both, which would print the text. */
  private static void requireEqual(Path file, List<Integer> found, List<Integer> expected) {
    assertThat(found).as(file.toString()).hasSizeGreaterThan(1_000);
    assertThat(found.equals(expected))
        .as(
            "%s: %d tokens, expected %d; the first that differs is number %d",
            file,
            found.size(),
            expected.size(),
            Arrays.mismatch(found.toArray(), expected.toArray()))
        .isTrue();
    System.out.printf("%s: %,d tokens are the published ones%n", file, found.size());
  }

  private TokenDataset prepared(SourceSettings.Format format, Path path) throws IOException {
    String tokens = folder.resolve("tokens-" + path.getFileName()).toString();
    new LakePreparation(spark)
        .prepare(
            new LakeRequest(
                List.of(new SourceSettings(format, path.toString(), "", "text", "", "", -1)),
                new DocumentSettings(1, 0, DocumentSettings.Duplicates.DROP),
                "gpt2",
                "",
                0.3,
                tokens,
                8));
    return open(tokens);
  }

  private TokenDataset open(String tokens) throws IOException {
    return TokenDataset.open(tokens, new Configuration(), folder.resolve("copies"));
  }

  private static PublishedBytePairs published() throws IOException {
    return new PublishedBytePairs(Path.of(System.getProperty("normuon.gpt2")));
  }

  private static List<Path> files() throws IOException {
    try (var files = Files.list(Path.of(System.getProperty("normuon.text")))) {
      return files.filter(file -> file.toString().endsWith(".txt")).sorted().toList();
    }
  }

  /** The tokens of each document of both splits. */
  private static List<List<Integer>> documents(TokenDataset dataset) {
    List<List<Integer>> documents = new ArrayList<>();
    for (TokenSplit split : List.of(dataset.train(), dataset.validation())) {
      List<Integer> document = new ArrayList<>();
      for (int token : tokens(split)) {
        if (token == END_OF_TEXT) {
          documents.add(document);
          document = new ArrayList<>();
        } else {
          document.add(token);
        }
      }
      assertThat(document).as("what follows the last end of text").isEmpty();
    }
    return documents;
  }

  /** All tokens of documents, which are put into one order whatever it was. */
  private static List<Integer> sorted(List<List<Integer>> documents) {
    return documents.stream()
        .sorted(Comparator.comparing(List::toString))
        .flatMap(document -> Stream.concat(document.stream(), Stream.of(END_OF_TEXT)))
        .toList();
  }

  private static List<Integer> tokens(TokenSplit split) {
    LongBuffer buffer = LongBuffer.allocate((int) split.tokens());
    split.copyTokens(0, buffer.capacity(), buffer);
    return Arrays.stream(buffer.array()).mapToObj(token -> (int) token).toList();
  }
}
