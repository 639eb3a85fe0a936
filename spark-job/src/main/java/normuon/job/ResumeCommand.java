package normuon.job;

import java.util.Map;
import java.util.regex.Pattern;

/** The command that goes on with a run: the one that began it. */
final class ResumeCommand {

  private static final Pattern SECRET =
      Pattern.compile(
          "(spark\\.(?!normuon\\.)[\\w.-]*(?:secret|password|token|access\\.?key)[\\w.-]*=)(?:\\\\.|\\S)+",
          Pattern.CASE_INSENSITIVE);

  private ResumeCommand() {}

  /**
   * The command line that the launcher was called with, without its secrets; empty if the job was
   * submitted in another way.
   *
   * @param environment the environment variables; the launcher sets {@code NORMUON_COMMAND}
   */
  static String of(Map<String, String> environment) {
    return SECRET.matcher(environment.getOrDefault("NORMUON_COMMAND", "")).replaceAll("$1***");
  }
}
