package normuon.job.preflight;

import java.util.List;
import normuon.job.config.InvalidConfigurationException;

/** A cluster on which a run cannot begin, with every reason that was found. */
public final class PreflightException extends InvalidConfigurationException {

  private static final long serialVersionUID = 1L;

  private final List<String> problems;

  PreflightException(List<String> problems) {
    super(String.join("; ", problems));
    this.problems = List.copyOf(problems);
  }

  /** The reasons, each in one line that names a setting, a value, a host and what to change. */
  public List<String> problems() {
    return problems;
  }
}
