package normuon.job.config;

import java.io.Serializable;

/**
 * Section {@code placement}.
 *
 * @param device what a rank computes on
 */
public record PlacementSettings(Device device) implements Serializable {

  /** What a rank computes on. */
  public enum Device {
    /** The GPU that Spark gave the task, the processor where it gave none. */
    AUTO,
    /** The processor, whatever Spark gave. */
    CPU,
    /** The GPU that Spark gave the task. */
    GPU
  }
}
