package normuon.job;

import java.io.PrintStream;

/** One command of the command line. */
interface JobCommand {

  /**
   * Runs the command.
   *
   * @param output what the command says
   * @param errors what went wrong, a line each
   * @return the exit code: 0 for success; otherwise what happened has been said there
   */
  int run(PrintStream output, PrintStream errors);
}
