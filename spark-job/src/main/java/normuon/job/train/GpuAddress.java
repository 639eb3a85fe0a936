package normuon.job.train;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import normuon.job.config.InvalidConfigurationException;

/**
 * A GPU as a worker's discovery script names it: by its number on the host, or by its UUID.
 *
 * @param host the host
 * @param address the number or the UUID
 */
record GpuAddress(String host, String address) {

  private static final String VISIBLE = "CUDA_VISIBLE_DEVICES";

  /**
   * The one GPU of a task.
   *
   * @throws InvalidConfigurationException if Spark gave the task none, or several
   */
  static GpuAddress only(String host, List<String> addresses) {
    if (addresses.isEmpty()) {
      throw new InvalidConfigurationException(
          "Invalid placement.device gpu: Spark gave the task on %s no GPU; set spark.executor.resource.gpu.amount and spark.task.resource.gpu.amount to 1, or placement.device to cpu"
              .formatted(host));
    }
    if (addresses.size() > 1) {
      throw new InvalidConfigurationException(
          "Invalid spark.task.resource.gpu.amount %d: the task on %s has GPUs %s, and a rank computes on one; set it to 1, and train.ranks to the number of GPUs"
              .formatted(addresses.size(), host, String.join(" and ", addresses)));
    }
    return new GpuAddress(host, addresses.get(0));
  }

  /**
   * CUDA's number of the GPU in this process, which counts those that {@code CUDA_VISIBLE_DEVICES}
   * lists; all of the host's, where it is not set.
   *
   * @param visible the value of {@code CUDA_VISIBLE_DEVICES}
   * @throws InvalidConfigurationException if the process cannot see the GPU
   */
  int index(Optional<String> visible) {
    return visible.map(this::indexAmong).orElseGet(this::number);
  }

  private int indexAmong(String visible) {
    int index = Arrays.stream(visible.split(",")).map(String::strip).toList().indexOf(address);
    if (index < 0) {
      throw new InvalidConfigurationException(
          "Invalid %s '%s' on %s: it must list GPU %s, which Spark gave the task; leave it out of spark.executorEnv and of the worker's environment"
              .formatted(VISIBLE, visible, host, address));
    }
    return index;
  }

  private int number() {
    if (!address.matches("[0-9]{1,4}")) {
      throw new InvalidConfigurationException(
          "Invalid GPU address '%s' on %s: must be a number, or listed in %s; change the script spark.worker.resource.gpu.discoveryScript names"
              .formatted(address, host, VISIBLE));
    }
    return Integer.parseInt(address);
  }
}
