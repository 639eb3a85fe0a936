package normuon.job;

import java.io.PrintStream;
import java.util.List;
import org.apache.spark.SparkUserAppException;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

/** The entry point of the job: {@code submit/normuon COMMAND}. */
@Command(
    name = "submit/normuon",
    synopsisSubcommandLabel = "COMMAND",
    description = "Trains language models with NorMuon on Spark.",
    subcommands = {
      TrainCommand.class,
      PrepareCommand.class,
      RetrainCommand.class,
      StudyCommand.class,
      ValidateCommand.class,
      PlanCommand.class,
      ExportCommand.class,
      InspectCommand.class,
      GenerateCommand.class,
      EvaluateCommand.class,
      ReportCommand.class,
      BenchCommand.class
    })
public final class Main {

  private static final int USAGE_ERROR = 2;

  private Main() {}

  /**
   * Runs a command. A failure that the user can act on ends in one line on standard error and an
   * exit code; any other is thrown as it is.
   *
   * @throws SparkUserAppException with the exit code, which spark-submit turns into its own: the
   *     driver itself must never call {@code System.exit}
   */
  public static void main(String[] arguments) throws SparkUserAppException {
    int code = run(System.out, System.err, arguments);
    if (code != 0) {
      throw new SparkUserAppException(code);
    }
  }

  static int run(PrintStream output, PrintStream errors, String... arguments) {
    CommandLine commandLine = new CommandLine(new Main());
    try {
      ParseResult parsed = commandLine.parseArgs(arguments);
      List<CommandLine> commands = parsed.asCommandLineList();
      CommandLine last = commands.get(commands.size() - 1);
      if (last.isUsageHelpRequested()) {
        last.usage(output);
        return 0;
      }
      if (last.getCommand() instanceof JobCommand command) {
        return command.run(output, errors);
      }
      throw new ParameterException(commandLine, "Invalid command line: a COMMAND is missing");
    } catch (ParameterException misused) {
      errors.println(misused.getMessage() + "; submit/normuon --help shows what there is");
      return USAGE_ERROR;
    }
  }
}
