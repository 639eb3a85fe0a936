package normuon.job.preflight;

import java.io.Serializable;
import java.util.HashMap;
import java.util.List;
import normuon.job.train.Placement;

/**
 * What one rank has seen.
 *
 * @param placement where it ran; computing on the processor if its device is among the problems
 * @param versions what it runs, by name
 * @param clockMillis its clock, in milliseconds since 1970
 * @param memoryBytes the memory of its host, or of its container
 * @param limits what the operating system lets its process have
 * @param problems what keeps it from training, each in one line
 */
public record RankProbe(
    Placement placement,
    HashMap<String, String> versions,
    long clockMillis,
    long memoryBytes,
    List<MemoryLimit> limits,
    List<String> problems)
    implements Serializable {

  /** For messages. */
  String who() {
    return "rank " + placement.rank() + " on " + placement.host();
  }
}
