package normuon.job.preflight;

import java.util.ArrayList;
import java.util.List;

/** What the checks have found so far, each in one line. */
final class Findings {

  private final List<String> problems = new ArrayList<>();
  private final List<String> warnings = new ArrayList<>();

  /** Something with which no training can begin. */
  void problem(String line) {
    problems.add(line);
  }

  /** Something that training may survive. */
  void warning(String line) {
    warnings.add(line);
  }

  List<String> problems() {
    return List.copyOf(problems);
  }

  List<String> warnings() {
    return List.copyOf(warnings);
  }

  /**
   * Ends the preflight if there is a problem.
   *
   * @throws PreflightException with all of them
   */
  void requireNone() {
    if (!problems.isEmpty()) {
      throw new PreflightException(problems);
    }
  }
}
