package normuon.job.config;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What the user wrote, from the weakest to the strongest.
 *
 * @param file the path given by {@code --config}
 * @param sparkProperties Spark properties; those that begin with {@code spark.normuon.} are read
 * @param assignments the texts {@code key=value} given by {@code --set}; the last of a key wins
 */
public record ConfigurationSources(
    Optional<String> file, Map<String, String> sparkProperties, List<String> assignments) {

  /** These sources, and an assignment that wins over all of them. */
  public ConfigurationSources with(String assignment) {
    List<String> all = new ArrayList<>(assignments);
    all.add(assignment);
    return new ConfigurationSources(file, sparkProperties, List.copyOf(all));
  }
}
