package normuon.job;

import java.io.PrintStream;
import java.util.Optional;
import normuon.job.config.InvalidConfigurationException;
import normuon.job.export.ModelExport;
import normuon.model.hub.HubModelWriter;
import normuon.model.hub.WeightType;
import org.apache.spark.SparkConf;
import org.apache.spark.deploy.SparkHadoopUtil;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code export}: writes a trained model as Hugging Face's libraries load it. */
@Command(
    name = "export",
    description = {
      "Writes a trained model as a folder that Hugging Face's libraries load: config.json,",
      "model.safetensors, tokenizer files and a model card with where it comes from. It can be",
      "trained on with train --init."
    })
final class ExportCommand implements JobCommand {

  @Parameters(
      paramLabel = "RUN_OR_CHECKPOINT",
      description = {
        "A run directory, for its last checkpoint; a checkpoint's folder; or an exported",
        "folder, to write it in another type."
      })
  private String source;

  @Option(
      names = "--output",
      paramLabel = "DIR",
      description =
          "Any Hadoop path; by default export in the run directory. An earlier export is replaced.")
  private String output;

  @Option(
      names = "--type",
      paramLabel = "f32|bf16|f16",
      description = "What weights are rounded to; by default f32, as they were trained.")
  private String type = WeightType.F32.toString();

  @Option(
      names = "--file-bytes",
      paramLabel = "N",
      description =
          "The most bytes of weights in a file; more make several and an index. By default"
              + " 5000000000.")
  private long fileBytes = HubModelWriter.USUAL_SHARD_BYTES;

  @Option(names = "--help", usageHelp = true, description = "Shows this help.")
  private boolean help;

  @Override
  public int run(PrintStream out, PrintStream errors) {
    return KnownFailures.told(
        errors,
        () ->
            new ModelExport(
                    weightType(),
                    fileBytes(),
                    SparkHadoopUtil.get().newConfiguration(new SparkConf()))
                .run(source, Optional.ofNullable(output))
                .forEach(out::println));
  }

  private WeightType weightType() {
    try {
      return WeightType.of(type);
    } catch (IllegalArgumentException unknown) {
      throw new InvalidConfigurationException(
          "Invalid --type " + type + ": must be f32, bf16 or f16", unknown);
    }
  }

  private long fileBytes() {
    if (fileBytes < 1) {
      throw new InvalidConfigurationException(
          "Invalid --file-bytes " + fileBytes + ": must be at least 1");
    }
    return fileBytes;
  }
}
