package normuon.job;

import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.util.List;
import normuon.job.charts.ReportPage;
import normuon.job.config.InvalidConfigurationException;
import normuon.job.config.Location;
import normuon.job.report.MetricsLog;
import normuon.job.report.RunDirectory;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.spark.SparkConf;
import org.apache.spark.deploy.SparkHadoopUtil;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code report}: writes the page of one run, or of several side by side. */
@Command(
    name = "report",
    description = {
      "Writes one HTML page with the curves of a run, or of several side by side. A run writes its",
      "own while it trains; this does so anew, without training."
    })
final class ReportCommand implements JobCommand {

  private static final int NOTHING_THERE = 2;

  @Parameters(
      paramLabel = "RUN",
      arity = "1..*",
      description = "Run directories, at most " + ReportPage.MOST_RUNS + ".")
  private List<String> runs;

  @Option(
      names = "--output",
      paramLabel = "FILE",
      description =
          "Where the page goes; else report.html, in the run directory or for several runs here.")
  private String output = "";

  @Option(names = "--help", usageHelp = true, description = "Shows this help.")
  private boolean help;

  @Override
  public int run(PrintStream output, PrintStream errors) {
    Configuration hadoop = SparkHadoopUtil.get().newConfiguration(new SparkConf());
    try {
      List<RunDirectory> directories =
          runs.stream().map(run -> directory(Location.of(run), hadoop)).toList();
      Path file = file();
      String page = ReportPage.of(directories);
      new RunDirectory(file.getParent(), hadoop).replace(file.getName(), page);
      output.println("Wrote " + file);
      output.flush();
      return 0;
    } catch (InvalidConfigurationException
        | IllegalArgumentException
        | UncheckedIOException impossible) {
      errors.println(impossible.getMessage());
      return NOTHING_THERE;
    }
  }

  private Path file() {
    if (!output.isEmpty()) {
      return Location.of(output);
    }
    return runs.size() == 1
        ? new Path(Location.of(runs.get(0)), ReportPage.FILE_NAME)
        : Location.of(ReportPage.FILE_NAME);
  }

  private static RunDirectory directory(Path path, Configuration hadoop) {
    RunDirectory directory = new RunDirectory(path, hadoop);
    if (!directory.has(MetricsLog.FILE_NAME)) {
      throw new InvalidConfigurationException(
          new Path(path, MetricsLog.FILE_NAME) + " does not exist");
    }
    return directory;
  }
}
