package normuon.job;

/** One command of the command line. */
interface JobCommand {

  /**
   * Runs the command.
   *
   * @return the exit code: 0 for success; otherwise what happened has been said on standard error
   */
  int run();
}
