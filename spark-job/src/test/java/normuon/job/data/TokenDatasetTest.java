package normuon.job.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import normuon.job.config.InvalidConfigurationException;
import normuon.job.data.TokenManifest.Shard;
import normuon.model.text.CharacterTokenizer;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.RawLocalFileSystem;
import org.assertj.core.api.AbstractThrowableAssert;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TokenDatasetTest {

  private static final URI ELSEWHERE = URI.create("elsewhere:///");

  @TempDir private Path folder;

  private final Configuration configuration = new Configuration();
  private TokenManifest manifest;

  /** A file system that is not the local one, although it keeps its files there. */
  public static final class ElsewhereFileSystem extends RawLocalFileSystem {
    @Override
    public URI getUri() {
      return ELSEWHERE;
    }

    @Override
    public String getScheme() {
      return ELSEWHERE.getScheme();
    }
  }

  @BeforeEach
  void write() throws IOException {
    configuration.setClass("fs.elsewhere.impl", ElsewhereFileSystem.class, FileSystem.class);
    CharacterTokenizer tokenizer = CharacterTokenizer.ofText("abc\n");
    manifest =
        new TokenManifest(
            2,
            List.of(TokenManifest.Source.ofFiles("sample", SourceFormat.TEXT, "", List.of())),
            tokenizer.description(),
            4,
            tokenizer.sha256(),
            new TokenManifest.SplitRule(TokenManifest.SplitBy.POSITION, 0.5),
            TokenManifest.DocumentRules.NONE,
            new TokenManifest.Counts(1, 7, Map.of("empty", 0L)),
            List.of(
                shard(Split.TRAIN, "train-00000.bin", 1, 2, 3),
                shard(Split.TRAIN, "train-00001.bin", 0),
                shard(Split.VALIDATION, "validation-00000.bin", 3, 2, 1)));
    new ManifestFile(hadoop(), configuration).write(manifest);
  }

  @Test
  void whatWasWrittenIsRead() throws IOException {
    TokenDataset dataset = open(folder.toString());

    assertThat(dataset.manifest()).isEqualTo(manifest);
    assertThat(dataset.tokenizer().decode(1, 2, 3, 0)).isEqualTo("abc\n");
    assertThat(TestTokens.all(dataset.train())).containsExactly(1, 2, 3, 0);
    assertThat(TestTokens.all(dataset.validation())).containsExactly(3, 2, 1);
    assertThat(copies()).doesNotExist();
  }

  @Test
  void theManifestOfTheFirstLayoutIsReadToo() throws IOException {
    Files.writeString(
        folder.resolve("manifest.json"),
        """
        {"format_version": 1,
         "source": {"path": "sample", "format": "text", "text_column": "", "files": []},
         "tokenizer": {"name": "char", "characters": "\\nabc"},
         "vocabulary_size": 4,
         "tokenizer_sha256": "%s",
         "split_rule": {"by": "position", "validation_fraction": 0.5},
         "counts": {"documents": 1, "empty_documents": 0, "characters": 7},
         "shards": [
          {"split": "train", "file": "train-00000.bin", "tokens": 3, "bytes": 1030, "sha256": "a"},
          {"split": "train", "file": "train-00001.bin", "tokens": 1, "bytes": 1026, "sha256": "b"},
          {"split": "validation", "file": "validation-00000.bin", "tokens": 3, "bytes": 1030,
           "sha256": "c"}]}
        """
            .formatted(manifest.tokenizerSha256()));

    TokenDataset dataset = open(folder.toString());

    assertThat(dataset.manifest().sources()).isEqualTo(manifest.sources());
    assertThat(dataset.manifest().counts()).isEqualTo(manifest.counts());
    assertThat(dataset.manifest().documentRules()).isEqualTo(manifest.documentRules());
    assertThat(TestTokens.all(dataset.train())).containsExactly(1, 2, 3, 0);
  }

  @Test
  void shardsElsewhereAreFetchedOnce() throws IOException {
    TokenDataset dataset = open("elsewhere:" + folder);
    assertThat(TestTokens.all(dataset.train())).containsExactly(1, 2, 3, 0);
    List<Path> copied = list(copies());
    assertThat(copied).hasSize(3);
    Files.setLastModifiedTime(copied.get(0), FileTime.fromMillis(1_000));

    assertThat(TestTokens.all(open("elsewhere:" + folder).validation())).containsExactly(3, 2, 1);

    assertThat(list(copies())).isEqualTo(copied);
    assertThat(Files.getLastModifiedTime(copied.get(0)).toMillis()).isEqualTo(1_000);
  }

  @Test
  void aDirectoryWithoutAManifestHasNoTokens() throws IOException {
    Files.delete(folder.resolve("manifest.json"));

    assertRefused()
        .hasMessage(
            "%s/manifest.json does not exist: the tokens in %s are missing or unfinished"
                .formatted(folder, folder));
  }

  @Test
  void aMissingShardIsNamed() throws IOException {
    Files.delete(folder.resolve("train-00001.bin"));

    assertRefused()
        .hasMessage(
            "file:%s/train-00001.bin does not exist, but manifest.json lists it".formatted(folder));
  }

  @Test
  void aShardOfAnotherSizeIsNamed() throws IOException {
    Files.write(folder.resolve("train-00001.bin"), TestTokens.shard(20_240_520, 1, 2, 1, 2));

    assertRefused()
        .hasMessage(
            "Invalid token shard file:%s/train-00001.bin: it has 1028 bytes; manifest.json says 1026"
                .formatted(folder));
  }

  @Test
  void aShardOfAnotherFormIsNamed() throws IOException {
    // Two bytes either way: one narrow token, or no wide one and two bytes too many.
    Files.write(
        folder.resolve("train-00001.bin"), Arrays.copyOf(TestTokens.shard(20_240_801, 7, 4), 1026));

    assertRefused()
        .hasMessageEndingWith(
            "its header says 0 tokens of 4 bytes, which make 1024 bytes, but it has 1026");
  }

  @Test
  void aManifestOfAnotherVersionIsRefused() throws IOException {
    edit("\"format_version\" : 2", "\"format_version\" : 3");

    assertRefused()
        .hasMessage(
            "Invalid token manifest %s/manifest.json: format_version 3; must be 1 or 2"
                .formatted(folder));
  }

  @Test
  void aVocabularyThatHasChangedIsRefused() throws IOException {
    edit("\\nabc", "\\nabd");

    assertRefused()
        .hasMessageStartingWith(
            "Invalid token manifest %s/manifest.json: its tokenizer 'char' has SHA-256 "
                .formatted(folder))
        .hasMessageEndingWith("but the tokens were made with " + manifest.tokenizerSha256());
  }

  @Test
  void aManifestThatIsNotJsonIsRefused() throws IOException {
    Files.writeString(folder.resolve("manifest.json"), "{ broken");
    assertRefused()
        .hasMessageStartingWith("Invalid token manifest %s/manifest.json: ".formatted(folder));

    Files.writeString(folder.resolve("manifest.json"), "{\"format_version\": 2}");
    assertRefused().hasMessageContaining("Missing creator property 'sources'");
  }

  @Test
  void aManifestThatSaysMoreThanThisReleaseKnowsIsRefused() throws IOException {
    edit("\"format_version\" : 2,", "\"format_version\" : 2, \"colour\" : 2,");

    assertRefused().hasMessageContaining("colour");
  }

  private AbstractThrowableAssert<?, ? extends Throwable> assertRefused() {
    return assertThatThrownBy(() -> open(folder.toString()))
        .isExactlyInstanceOf(InvalidConfigurationException.class);
  }

  private void edit(String from, String to) throws IOException {
    Path file = folder.resolve("manifest.json");
    String json = Files.readString(file);
    assertThat(json).contains(from);
    Files.writeString(file, json.replace(from, to));
  }

  private TokenDataset open(String directory) throws IOException {
    return TokenDataset.open(directory, configuration, copies());
  }

  private Path copies() {
    return folder.resolve("copies");
  }

  private org.apache.hadoop.fs.Path hadoop() {
    return new org.apache.hadoop.fs.Path(folder.toString());
  }

  private Shard shard(Split split, String name, long... tokens) throws IOException {
    byte[] bytes = TestTokens.shard(20_240_520, 1, 2, tokens);
    Files.write(folder.resolve(name), bytes);
    return new Shard(split, name, 0, tokens.length, bytes.length, "hash-of-" + name);
  }

  private static List<Path> list(Path directory) throws IOException {
    try (var files = Files.list(directory)) {
      return files.sorted().toList();
    }
  }
}
