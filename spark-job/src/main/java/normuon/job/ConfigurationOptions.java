package normuon.job;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import normuon.job.config.ConfigurationSources;
import org.apache.spark.SparkConf;
import picocli.CommandLine.Option;
import scala.Tuple2;

/** The options by which every command takes its configuration. */
final class ConfigurationOptions {

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description = "Settings in YAML; a local file or any Hadoop path.")
  private String file;

  @Option(
      names = "--set",
      paramLabel = "key=value",
      description = "One setting, such as train.steps=500; may be repeated, wins over the file.")
  private List<String> assignments = new ArrayList<>();

  @Option(names = "--help", usageHelp = true, description = "Shows this help.")
  private boolean help;

  /** What the user wrote, with the properties that spark-submit passed on. */
  ConfigurationSources sources(SparkConf spark) {
    Map<String, String> properties =
        Arrays.stream(spark.getAll()).collect(Collectors.toMap(Tuple2::_1, Tuple2::_2));
    return new ConfigurationSources(
        Optional.ofNullable(file), properties, List.copyOf(assignments));
  }
}
