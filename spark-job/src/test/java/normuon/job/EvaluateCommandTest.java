package normuon.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import normuon.job.checkpoint.HadoopFolder;
import normuon.job.inference.TrainedModel;
import normuon.model.Gpt;
import normuon.model.hub.HubModelWriter;
import normuon.model.hub.WeightSource;
import normuon.model.hub.WeightType;
import normuon.torch.ParameterSpec;
import normuon.torch.TorchRuntime;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.RawLocalFileSystem;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Losses of a model of 27 characters and a context of 16. */
class EvaluateCommandTest {

  private static final int CONTEXT = 16;

  @TempDir private static Path shared;

  private static Path text;
  private static TrainedRun run;

  @TempDir private Path folder;

  @BeforeAll
  static void train() throws IOException {
    text = TrainedRun.text(shared);
    run = TrainedRun.tiny(shared.resolve("run"), text, "train.steps=10").requireSucceeded();
  }

  @Test
  void withoutATextItIsTheLossThatTrainingSaid() throws IOException {
    List<JsonNode> evaluations = run.metrics("validation_loss");
    double trained = evaluations.get(evaluations.size() - 1).get("validation_loss").asDouble();

    JsonNode result = json();

    assertThat(result.get("loss").asDouble()).isCloseTo(trained, within(1e-6));
    assertThat(result.get("perplexity").asDouble()).isCloseTo(Math.exp(trained), within(1e-4));
    // A character of this text is a byte.
    assertThat(result.get("bits_per_byte").asDouble())
        .isCloseTo(trained / Math.log(2), within(1e-5));
    assertThat(result.get("bytes").asLong()).isEqualTo(result.get("tokens").asLong()).isPositive();
    assertThat(result.get("data").asText())
        .isEqualTo("the validation split of file:" + run.directory() + "/tokens");
    assertThat(result.get("model").asText()).endsWith("/checkpoints/step-00000010");
    assertThat(json("--set", "data.path=" + text))
        .as("with the settings of its run")
        .isEqualTo(result);
  }

  @Test
  void anyNumberOfRanksPrintsTheSame() throws IOException {
    Path longer = Files.writeString(folder.resolve("long.txt"), Files.readString(text).repeat(9));
    String one = output("--data", longer.toString(), "--json", "--set", "train.ranks=1");

    assertThat(TrainedRun.JSON.readTree(one).get("tokens").asLong())
        .as("more than a batch for each rank")
        .isGreaterThan(3 * 4096);
    for (int ranks : new int[] {2, 3, 7}) {
      assertThat(output("--data", longer.toString(), "--json", "--set", "train.ranks=" + ranks))
          .isEqualTo(one);
    }
  }

  @Test
  void theWholeOfAnotherTextIsPredictedAndNothingIsLeftBehind() throws IOException {
    Path other = Files.writeString(folder.resolve("other.txt"), "over the lazy dog ".repeat(20));
    String[] before = run.directory().toFile().list();

    JsonNode result = json("--data", other.toString());

    assertThat(result.get("loss").asDouble())
        .isCloseTo(loss(Files.readString(other)), within(1e-5));
    assertThat(result.get("tokens").asLong()).isEqualTo((360 - 1) / CONTEXT * CONTEXT);
    assertThat(result.get("data").asText()).isEqualTo("all of " + other);
    assertThat(run.directory().toFile().list()).containsExactlyInAnyOrder(before);
    assertThat(output("--data", other.toString()))
        .matches(
            "loss \\d\\.\\d{6} nats per token, perplexity \\d+\\.\\d{4}, \\d\\.\\d{6} bits per byte\n"
                + "352 predicted tokens, 352 bytes: all of .*other.txt\n"
                + "model file:.*/run/checkpoints/step-00000010\n");
  }

  @Test
  void tokensAreKeptWhereAFolderIsNamed() throws IOException {
    Path other = Files.writeString(folder.resolve("other.txt"), "a lazy fox ".repeat(30));
    String[] options = {
      "--data", other.toString(), "--tokens-directory", folder.resolve("tokens").toString()
    };

    JsonNode first = json(options);

    assertThat(folder.resolve("tokens/validation-00000.bin")).exists();
    assertThat(folder.resolve("tokens/train-00000.bin")).doesNotExist();
    assertThat(json(options)).isEqualTo(first);
    assertThat(
            json(
                    "--set",
                    "data.mixture=[{tokens_directory: "
                        + folder.resolve("tokens")
                        + ", weight: 1}]")
                .get("loss"))
        .isEqualTo(first.get("loss"));
  }

  @Test
  void tablesAreEvaluatedOnAsTheyAreTrainedOn() throws IOException {
    TrainedRun bytes = bytes();
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      lines.add("zwölf Boxkämpfer jagen Viktor, " + i);
    }
    Path file = Files.write(folder.resolve("lines.txt"), lines);

    JsonNode result =
        json(bytes, "--set", "data.sources=[{format: lines, path: '%s'}]".formatted(file));

    long text =
        lines.stream().mapToLong(line -> line.getBytes(StandardCharsets.UTF_8).length).sum();
    long tokens = result.get("tokens").asLong();
    assertThat(tokens).isEqualTo((text + 50 - 1) / CONTEXT * CONTEXT);
    assertThat(result.get("bytes").asLong())
        .as("the ends of texts, which are tokens, are no bytes")
        .isBetween(tokens - 50, tokens - 48);
    assertThat(result.get("bits_per_byte").asDouble())
        .isCloseTo(
            result.get("loss").asDouble() * tokens / result.get("bytes").asLong() / Math.log(2),
            within(1e-9));
    assertThat(result.get("data").asText()).isEqualTo("all of " + file);
  }

  @Test
  void aParquetFolderAndTokenShardsAreTextsToo() throws IOException {
    TrainedRun bytes = bytes();
    Path shards = bytes.directory().resolve("tokens");

    JsonNode result = json(bytes, "--data", shards.toString());

    assertThat(result.get("tokens").asLong())
        .as("all shards, those for training too")
        .isEqualTo((Files.size(text) - 1) / CONTEXT * CONTEXT);
    CommandLineRun.of(
            "evaluate",
            bytes.directory().toString(),
            "--data",
            folder.toString(),
            "--set",
            "data.format=parquet")
        .requireRefused("data.path = " + folder + ": the folder has no *.parquet files");
  }

  @ParameterizedTest
  @CsvSource({
    "Ünder, Cannot encode character 'Ü' (U+00DC): it is not among the 27 characters",
    "the dog, 'its text is too short, 7 tokens; must be at least 17, one sequence of'"
  })
  void refusesTextsThatTheModelCannotRead(String content, String message) throws IOException {
    Path file = Files.writeString(folder.resolve("text.txt"), content);

    evaluate(run, "--data", file.toString()).requireRefused(message);

    assertThat(run.directory().toFile().list())
        .as("what is left behind")
        .noneMatch(name -> name.startsWith("evaluation-"));
  }

  @Test
  void refusesTokensThatFillNoWindow() throws IOException {
    Path file = Files.writeString(folder.resolve("text.txt"), "the dog");
    Path tokens = folder.resolve("tokens");
    String[] options = {"--data", file.toString(), "--tokens-directory", tokens.toString()};
    assertThat(json(with(options, "--context", "6")).get("tokens").asLong()).isEqualTo(6);

    evaluate(run, "--set", "data.mixture=[{tokens_directory: %s, weight: 1}]".formatted(tokens))
        .requireRefused(tokens + ": it is too short; must be at least 17 tokens, one sequence of");
  }

  @Test
  void refusesWhatIsNoTextOrNoModelOrHasOtherTokens() throws IOException {
    Path none = folder.resolve("none");
    evaluate(run, "--data", none.toString())
        .requireRefused("data.path = " + none + " does not exist");
    CommandLineRun.of("evaluate", none.toString())
        .requireRefused(none + " does not exist: must be");
    Path tokens = bytes().directory().resolve("tokens");
    evaluate(run, "--set", "data.mixture=[{tokens_directory: " + tokens + ", weight: 1}]")
        .requireRefused("its tokenizer ('char', SHA-256");
  }

  @Test
  void aFolderOfHuggingFacesLayoutIsAModelToo() throws IOException {
    TrainedRun bytes = bytes();
    Path other = Files.writeString(folder.resolve("other.txt"), "the quick brown fox ".repeat(9));
    Path hub = Files.createDirectory(folder.resolve("hub"));
    export(bytes, hub);

    JsonNode result = jsonOf(hub, "--data", other.toString());

    JsonNode expected = json(bytes, "--data", other.toString());
    for (String number : List.of("loss", "bits_per_byte", "tokens", "bytes")) {
      assertThat(result.get(number)).as(number).isEqualTo(expected.get(number));
    }
    assertThat(hub.toFile().list()).noneMatch(name -> name.startsWith("evaluation-"));
    CommandLineRun.of("evaluate", hub.toString())
        .requireRefused("without a text: it does not say what it was trained on; give --data");
    Path small = Files.createDirectory(folder.resolve("small"));
    export(run, small);
    Files.copy(
        hub.resolve("tokenizer.json"),
        small.resolve("tokenizer.json"),
        StandardCopyOption.REPLACE_EXISTING);
    CommandLineRun.of("evaluate", small.toString())
        .requireRefused("tokenizer.json has 257 tokens, and vocab_size in config.json is 27; must");
  }

  @Test
  void shorterWindowsSeeLess() throws IOException {
    Path other = Files.writeString(folder.resolve("other.txt"), "over the lazy dog ".repeat(20));

    JsonNode result = json("--data", other.toString(), "--context", "1");

    assertThat(result.get("tokens").asLong()).isEqualTo(359);
    assertThat(result.get("loss").asDouble())
        .isGreaterThan(json("--data", other.toString()).get("loss").asDouble());
    evaluate(run, "--context", "17")
        .requireRefused("Invalid --context 17: must be at least 1 and at most the model's 16");
  }

  @Test
  void refusesAGpuThatSparkHasNotGiven() {
    evaluate(run, "--set", "placement.device=gpu").requireRefused("placement.device");
  }

  private static TrainedRun bytes() throws IOException {
    Path directory = shared.resolve("bytes");
    String[] settings = {"data.tokenizer=byte", "train.steps=5"};
    return TrainedRun.tiny(directory, text, settings).requireSucceeded();
  }

  /** The mean over windows that are predicted one by one. */
  private static double loss(String content) {
    try (NDManager manager = TorchRuntime.newManager()) {
      TrainedModel trained = TrainedModel.open(run.directory().toString(), new Configuration());
      Gpt model = trained.load(manager);
      long[] tokens = Arrays.stream(trained.tokenizer().encode(content)).asLongStream().toArray();
      double sum = 0;
      int windows = (tokens.length - 1) / CONTEXT;
      for (int window = 0; window < windows; window++) {
        int start = window * CONTEXT;
        long[] inputs = Arrays.copyOfRange(tokens, start, start + CONTEXT);
        long[] targets = Arrays.copyOfRange(tokens, start + 1, start + CONTEXT + 1);
        Shape shape = new Shape(1, CONTEXT);
        sum += model.loss(manager.create(inputs, shape), manager.create(targets, shape)).getFloat();
      }
      model.close();
      return sum / windows;
    }
  }

  private static JsonNode json(String... options) throws IOException {
    return json(run, options);
  }

  private static JsonNode json(TrainedRun model, String... options) throws IOException {
    return jsonOf(model.directory(), options);
  }

  private static JsonNode jsonOf(Path model, String... options) throws IOException {
    String[] all = with(options, "--json");
    return TrainedRun.JSON.readTree(evaluate(model, all).requireSucceeded().output());
  }

  private static String[] with(String[] options, String... more) {
    String[] all = Arrays.copyOf(options, options.length + more.length);
    System.arraycopy(more, 0, all, options.length, more.length);
    return all;
  }

  /** Writes the model of a run as a folder of Hugging Face's layout. */
  private static void export(TrainedRun trained, Path hub) throws IOException {
    RawLocalFileSystem local = new RawLocalFileSystem();
    local.initialize(hub.toUri(), new Configuration());
    HadoopFolder files = new HadoopFolder(local, new org.apache.hadoop.fs.Path(hub.toUri()));
    TrainedModel opened = TrainedModel.open(trained.directory().toString(), new Configuration());
    try (NDManager manager = TorchRuntime.newManager();
        Gpt model = opened.load(manager)) {
      new HubModelWriter(files, WeightType.F32, HubModelWriter.USUAL_SHARD_BYTES)
          .write(opened.shape(), new ArrayWeights(model), opened.tokenizer());
    }
  }

  /** The weights of a model in memory. */
  private record ArrayWeights(Gpt model) implements WeightSource {

    @Override
    public void readRows(String name, long start, long end, ByteBuffer destination) {
      List<ParameterSpec> specs = Gpt.specs(model.configuration());
      int index = specs.stream().map(ParameterSpec::name).toList().indexOf(name);
      long columns = specs.get(index).columns();
      float[] values = model.parameters().get(index).toFloatArray();
      for (long i = start * columns; i < end * columns; i++) {
        destination.putFloat(values[(int) i]);
      }
    }

    @Override
    public void close() {}
  }

  private static String output(String... options) {
    return evaluate(run, options).requireSucceeded().output();
  }

  private static CommandLineRun evaluate(TrainedRun model, String... options) {
    return evaluate(model.directory(), options);
  }

  private static CommandLineRun evaluate(Path model, String... options) {
    List<String> arguments = new ArrayList<>(List.of("evaluate", model.toString()));
    arguments.addAll(List.of(options));
    return CommandLineRun.of(arguments.toArray(String[]::new));
  }
}
