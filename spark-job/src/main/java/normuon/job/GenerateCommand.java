package normuon.job;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Locale;
import normuon.job.config.InvalidConfigurationException;
import normuon.job.config.Location;
import normuon.job.config.PlacementSettings;
import normuon.job.inference.OpenModel;
import normuon.job.inference.TextGeneration;
import normuon.job.inference.TrainedModel;
import normuon.model.Decoding;
import normuon.model.KeyValueCache;
import normuon.model.Sampler;
import normuon.model.SamplingOptions;
import normuon.torch.TorchRuntime;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.spark.SparkConf;
import org.apache.spark.deploy.SparkHadoopUtil;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code generate}: lets a trained model write. */
@Command(
    name = "generate",
    description = {
      "Lets a model continue a prompt and prints the text as it comes, in UTF-8; how fast it was goes",
      "to standard error. It ends with the end of text, if the model draws that, or with --tokens.",
      "Where the text is longer than model.context, the older half is dropped whenever it is full.",
      "Computes in float32, whatever the run computed in.",
      "Runs in this process; no Spark job. Exit code: 0, 2 no such model or prompt, 3 a prediction is",
      "not finite, 75 unreadable."
    })
final class GenerateCommand implements JobCommand {

  private static final String STANDARD_INPUT = "-";

  @Parameters(
      paramLabel = "MODEL",
      description =
          "A run directory, for its newest whole checkpoint, a checkpoint's folder, or a folder of Hugging Face's layout.")
  private String model;

  @Option(names = "--prompt", paramLabel = "TEXT", description = "The text to continue.")
  private String prompt;

  @Option(
      names = "--prompt-file",
      paramLabel = "FILE",
      description =
          "A file in UTF-8 with the text to continue, as it is, on any Hadoop file system; - for standard input. Without a prompt a text begins.")
  private String promptFile;

  @Option(
      names = "--tokens",
      paramLabel = "N",
      defaultValue = "200",
      description = "The most tokens to add. Default: ${DEFAULT-VALUE}.")
  private int tokens;

  @Option(
      names = "--temperature",
      paramLabel = "T",
      defaultValue = "0.8",
      description = "0 takes the likeliest token each time. Default: ${DEFAULT-VALUE}.")
  private double temperature;

  @Option(
      names = "--top-k",
      paramLabel = "K",
      defaultValue = "0",
      description = "Draws among the K likeliest tokens; 0, the default, among all.")
  private int topK;

  @Option(
      names = "--top-p",
      paramLabel = "P",
      defaultValue = "1",
      description =
          "Draws among the likeliest tokens whose probabilities add up to P; 1, the default, among all.")
  private double topP;

  @Option(
      names = "--seed",
      paramLabel = "S",
      defaultValue = "1337",
      description = "The same seed draws the same texts. Default: ${DEFAULT-VALUE}.")
  private long seed;

  @Option(
      names = "--samples",
      paramLabel = "N",
      defaultValue = "1",
      description = "How many texts to write. Default: ${DEFAULT-VALUE}.")
  private int samples;

  @Option(
      names = "--device",
      paramLabel = "auto|cpu|gpu",
      defaultValue = "auto",
      description = "What to compute on; auto, the default, is the first GPU that PyTorch can use.")
  private String device;

  @Option(
      names = "--no-cache",
      description = "Runs the whole text through the model for each token: slower, the same text.")
  private boolean uncached;

  @Option(names = "--help", usageHelp = true, description = "Shows this help.")
  private boolean help;

  @Override
  public int run(PrintStream output, PrintStream errors) {
    return KnownFailures.told(errors, () -> generate(output, errors));
  }

  private void generate(PrintStream output, PrintStream errors) {
    SamplingOptions options = options();
    Device where = device();
    Configuration hadoop = SparkHadoopUtil.get().newConfiguration(new SparkConf());
    TrainedModel trained = TrainedModel.open(model, hadoop);
    String text = prompt(hadoop);
    Decoding decoding = uncached ? Decoding.UNCACHED : Decoding.CACHED;
    TextGeneration.Result written = new TextGeneration.Result(0, Duration.ZERO);
    try (NDManager manager = TorchRuntime.newManager(where);
        OpenModel opened = trained.openAsTrained(manager);
        Sampler sampler =
            new Sampler(
                opened.model(), trained.tokenizer().vocabularySize(), options, decoding, seed)) {
      TextGeneration generation = new TextGeneration(sampler, trained.tokenizer(), output);
      for (int sample = 1; sample <= samples && !output.checkError(); sample++) {
        if (samples > 1) {
          output.printf("%s--- %d of %d%n", sample > 1 ? "\n" : "", sample, samples);
        }
        written = written.plus(generation.write(text, tokens));
      }
    }
    errors.println(speed(written, trained));
  }

  private String speed(TextGeneration.Result written, TrainedModel trained) {
    String cache =
        uncached
            ? "without a cache"
            : String.format(
                Locale.ROOT,
                "with up to %.1f MB of keys and values",
                KeyValueCache.bytes(trained.shape()) / 1e6);
    return String.format(
        Locale.ROOT,
        "%,d tokens in %.1f s, %,.0f tokens/s, %s, by %s%s",
        written.tokens(),
        written.duration().toNanos() / 1e9,
        written.tokensPerSecond(),
        cache,
        trained.folder(),
        trained.isStreamed() ? ", whose weights are read again for each token" : "");
  }

  private SamplingOptions options() {
    require(tokens >= 1, "--tokens " + tokens, "at least 1");
    require(samples >= 1, "--samples " + samples, "at least 1");
    require(
        prompt == null || promptFile == null,
        "--prompt-file " + promptFile,
        "left out where --prompt is given");
    try {
      return new SamplingOptions(temperature, topK, topP);
    } catch (IllegalArgumentException invalid) {
      throw new InvalidConfigurationException(invalid.getMessage(), invalid);
    }
  }

  private Device device() {
    PlacementSettings.Device wanted;
    try {
      wanted = PlacementSettings.Device.valueOf(device.toUpperCase(Locale.ROOT));
    } catch (IllegalArgumentException unknown) {
      throw new InvalidConfigurationException(
          "Invalid --device " + device + ": must be auto, cpu or gpu", unknown);
    }
    boolean isThere = TorchRuntime.hasCuda();
    require(
        wanted != PlacementSettings.Device.GPU || isThere,
        "--device gpu",
        "cpu, as PyTorch %s (%s) finds no GPU here"
            .formatted(TorchRuntime.version(), TorchRuntime.flavor()));
    return wanted == PlacementSettings.Device.CPU || !isThere ? Device.cpu() : Device.gpu(0);
  }

  private static void require(boolean allowed, String option, String what) {
    if (!allowed) {
      throw new InvalidConfigurationException("Invalid " + option + ": must be " + what);
    }
  }

  private String prompt(Configuration hadoop) {
    if (promptFile == null) {
      return prompt == null ? "" : prompt;
    }
    try {
      if (promptFile.equals(STANDARD_INPUT)) {
        return decoded(System.in.readAllBytes());
      }
      Path file = Location.of(promptFile);
      if (!Location.fileSystem(file, hadoop).exists(file)) {
        throw new InvalidConfigurationException("--prompt-file " + promptFile + " does not exist");
      }
      try (InputStream in = Location.fileSystem(file, hadoop).open(file)) {
        return decoded(in.readAllBytes());
      }
    } catch (IOException unreadable) {
      throw new UncheckedIOException("Cannot read --prompt-file " + promptFile, unreadable);
    }
  }

  private String decoded(byte[] bytes) {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException malformed) {
      throw new InvalidConfigurationException(
          "Invalid --prompt-file " + promptFile + ": must be UTF-8 text", malformed);
    }
  }
}
