package normuon.job.data;

import java.io.IOException;
import java.io.Serializable;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.List;
import normuon.job.config.InvalidConfigurationException;
import normuon.job.data.TokenManifest.SourceFile;
import normuon.model.text.CharacterTokenizer;
import normuon.model.text.Tokenizer;
import normuon.model.text.TokenizerDescription;
import normuon.model.text.Tokenizers;
import org.apache.hadoop.fs.Path;
import org.apache.spark.api.java.function.FlatMapFunction;
import org.apache.spark.api.java.function.MapFunction;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.util.SerializableConfiguration;

/**
 * Files of UTF-8 text, one after the other as if they were one text: its first characters are for
 * training, the last for validation. No token reaches from one file into the next.
 *
 * <p>Tasks stream their files, so that neither the size of a file nor of the folder is bounded by
 * memory. Small files share a task; which ones depends on their sizes alone.
 */
final class TextCorpus implements Corpus {

  /** Files that come to this many bytes make a task. */
  private static final long TASK_BYTES = 64L << 20;

  private final SparkSession spark;
  private final SerializableConfiguration configuration;
  private final List<FileGroup> groups;
  private final List<TextScan> scans;

  /** Consecutive files: the work of one task. */
  private record FileGroup(int first, List<SourceFile> files) implements Serializable {}

  /**
   * Reads the files once.
   *
   * @throws InvalidConfigurationException if a file is not UTF-8 throughout
   */
  TextCorpus(SparkSession spark, SerializableConfiguration configuration, List<SourceFile> files) {
    this.spark = spark;
    this.configuration = configuration;
    this.groups = grouped(files);
    this.scans = scan();
    for (TextScan scan : scans) {
      if (scan.malformedAt() >= 0) {
        throw new InvalidConfigurationException(
            "Invalid UTF-8 in %s (data.path) at byte %d: must be UTF-8 text"
                .formatted(scan.file(), scan.malformedAt()));
      }
    }
  }

  private static List<FileGroup> grouped(List<SourceFile> files) {
    List<FileGroup> groups = new ArrayList<>();
    List<SourceFile> group = new ArrayList<>();
    long bytes = 0;
    for (int i = 0; i < files.size(); i++) {
      group.add(files.get(i));
      bytes += files.get(i).bytes();
      if (bytes >= TASK_BYTES || i == files.size() - 1) {
        groups.add(new FileGroup(i + 1 - group.size(), List.copyOf(group)));
        group.clear();
        bytes = 0;
      }
    }
    return List.copyOf(groups);
  }

  private List<TextScan> scan() {
    List<FileGroup> work = groups;
    SerializableConfiguration files = configuration;
    return spark
        .range(0, work.size(), 1, work.size())
        .flatMap(
            (FlatMapFunction<Long, Row>)
                index -> TextScan.rows(work.get(index.intValue()).files(), files),
            Encoders.row(TextScan.SCHEMA))
        .collectAsList()
        .stream()
        .map(TextScan::of)
        .toList();
  }

  @Override
  public TokenManifest.SplitBy splitBy() {
    return TokenManifest.SplitBy.POSITION;
  }

  @Override
  public CharacterTokenizer characterTokenizer() {
    StringBuilder occurring = new StringBuilder();
    scans.forEach(scan -> occurring.append(scan.distinctCharacters()));
    return CharacterTokenizer.ofText(occurring.toString());
  }

  @Override
  public List<TokenRun> tokenize(
      TokenizerDescription tokenizer, double validationFraction, TemporaryFolder folder) {
    List<FileGroup> work = groups;
    long[] trainCharacters = trainCharacters(validationFraction);
    return spark
        .range(0, work.size(), 1, work.size())
        .map(
            (MapFunction<Long, Row>)
                index ->
                    tokenize(work.get(index.intValue()), trainCharacters, tokenizer, folder)
                        .toRow(),
            Encoders.row(TokenRun.SCHEMA))
        .collectAsList()
        .stream()
        .map(TokenRun::of)
        .sorted(TokenRun.ORDER)
        .toList();
  }

  /** The number of characters of each file that are for training. */
  private long[] trainCharacters(double validationFraction) {
    long total = scans.stream().mapToLong(TextScan::characters).sum();
    // In decimal, so that the result is that of the fraction as it is written.
    long left =
        BigDecimal.ONE
            .subtract(BigDecimal.valueOf(validationFraction))
            .multiply(BigDecimal.valueOf(total))
            .setScale(0, RoundingMode.FLOOR)
            .longValueExact();
    long[] train = new long[scans.size()];
    for (int i = 0; i < train.length; i++) {
      train[i] = Math.min(left, scans.get(i).characters());
      left -= train[i];
    }
    return train;
  }

  private static TokenRun tokenize(
      FileGroup group,
      long[] trainCharacters,
      TokenizerDescription description,
      TemporaryFolder folder)
      throws IOException {
    Tokenizer tokenizer = Tokenizers.of(description);
    TokenRunWriter writer =
        new TokenRunWriter(folder.files(), folder.newFile("text", group.first()), tokenizer);
    try (writer) {
      for (int i = 0; i < group.files().size(); i++) {
        Path file = new Path(group.files().get(i).path());
        try (TextReader reader = TextScan.open(file, folder.configuration(), tokenizer)) {
          writer.addDocument();
          tokenize(reader, trainCharacters[group.first() + i], writer);
        }
      }
    }
    return writer.run("", group.first());
  }

  private static void tokenize(TextReader reader, long trainCharacters, TokenRunWriter writer)
      throws IOException {
    long train = trainCharacters;
    for (String piece = reader.next(); !piece.isEmpty(); piece = reader.next()) {
      int characters = piece.codePointCount(0, piece.length());
      int cut = train >= characters ? piece.length() : piece.offsetByCodePoints(0, (int) train);
      writer.add(Split.TRAIN, piece.substring(0, cut));
      writer.add(Split.VALIDATION, piece.substring(cut));
      train = Math.max(0, train - characters);
    }
  }
}
