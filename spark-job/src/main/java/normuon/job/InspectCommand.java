package normuon.job;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Optional;
import normuon.job.checkpoint.CheckpointInspection;
import normuon.job.checkpoint.CheckpointReport;
import normuon.job.config.InvalidConfigurationException;
import normuon.job.config.Location;
import normuon.job.retrain.Provenance;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.SparkConf;
import org.apache.spark.deploy.SparkHadoopUtil;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * {@code inspect}: says what checkpoints hold, and whether they are whole; or where a retrained
 * model comes from.
 */
@Command(
    name = "inspect",
    description = {
      "Prints what a checkpoint holds, or each checkpoint of a run directory, and verifies it:",
      "every byte against the hashes in its manifest. Of retrain.directory, or of a generation",
      "in it, prints where the model comes from.",
      "Exit code: 0 whole, 1 damaged, 2 no checkpoint there."
    })
final class InspectCommand implements JobCommand {

  private static final int DAMAGED = 1;
  private static final int NOTHING_THERE = 2;

  @Parameters(
      paramLabel = "DIR",
      description =
          "A checkpoint's folder, a run directory, retrain.directory or a generation in it.")
  private String directory;

  @Option(
      names = "--no-verify",
      description = "Reads manifests and headers only, and not every byte.")
  private boolean headersOnly;

  @Option(names = "--json", description = "Prints one JSON document.")
  private boolean json;

  @Option(names = "--help", usageHelp = true, description = "Shows this help.")
  private boolean help;

  @Override
  public int run(PrintStream output, PrintStream errors) {
    List<CheckpointReport> reports;
    try {
      Optional<Provenance> provenance = Provenance.of(directory, hadoop());
      if (provenance.isPresent()) {
        output.print(json ? provenance.get().json() : provenance.get().text());
        output.flush();
        return 0;
      }
      reports = inspect(Location.of(directory));
    } catch (InvalidConfigurationException | UncheckedIOException unreadable) {
      errors.println(unreadable.getMessage());
      return NOTHING_THERE;
    }
    if (reports.isEmpty()) {
      errors.println("Cannot inspect " + directory + ": it holds no checkpoint");
      return NOTHING_THERE;
    }
    output.print(json ? toJson(reports) : InspectionText.of(reports, !headersOnly));
    output.flush();
    return exitCode(reports);
  }

  private List<CheckpointReport> inspect(Path path) {
    try {
      FileSystem fileSystem = Location.fileSystem(path, hadoop());
      CheckpointInspection inspection =
          headersOnly
              ? CheckpointInspection.ofHeaders(fileSystem)
              : CheckpointInspection.ofEveryByte(fileSystem);
      return inspection.inspect(path);
    } catch (IOException unreachable) {
      throw new UncheckedIOException(
          "Cannot reach " + directory + ": " + unreachable.getMessage(), unreachable);
    }
  }

  private static Configuration hadoop() {
    return SparkHadoopUtil.get().newConfiguration(new SparkConf());
  }

  /** What was never committed takes nothing away from the checkpoints beside it. */
  private static int exitCode(List<CheckpointReport> reports) {
    boolean damaged =
        reports.stream().anyMatch(report -> report.state() == CheckpointReport.State.DAMAGED);
    boolean whole =
        reports.stream().anyMatch(report -> report.state() == CheckpointReport.State.WHOLE);
    return damaged || !whole ? DAMAGED : 0;
  }

  private static String toJson(List<CheckpointReport> reports) {
    try {
      return JsonMapper.builder()
              .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
              .enable(SerializationFeature.INDENT_OUTPUT)
              .build()
              .writeValueAsString(reports)
          + "\n";
    } catch (JsonProcessingException unexpected) {
      throw new IllegalStateException("Cannot write the reports as JSON", unexpected);
    }
  }
}
