package normuon.job.train;

import ai.djl.Device;
import java.io.Serializable;
import java.util.List;
import java.util.Optional;
import normuon.job.config.PlacementSettings;
import org.apache.spark.SparkEnv;
import org.apache.spark.TaskContext;
import org.apache.spark.resource.ResourceInformation;
import org.apache.spark.storage.BlockManagerId;

/**
 * Where a rank runs and what it computes on.
 *
 * @param rank the rank
 * @param host its host
 * @param executorId Spark's number of its executor
 * @param gpuAddresses the GPUs that Spark gave its task, as the worker's discovery script names
 *     them
 * @param device what it computes on: {@code cpu}, or {@code gpu} and PyTorch's number of the GPU in
 *     this process, such as {@code gpu0}
 */
public record Placement(
    int rank, String host, String executorId, List<String> gpuAddresses, String device)
    implements Serializable {

  private static final String GPU = "gpu";
  private static final String CPU = "cpu";

  /**
   * The placement of a rank whose task this thread runs.
   *
   * @throws normuon.job.config.InvalidConfigurationException if the task has no GPU that the rank
   *     can compute on, but is to
   */
  public static Placement here(int rank, PlacementSettings.Device wanted) {
    BlockManagerId manager = SparkEnv.get().blockManager().blockManagerId();
    ResourceInformation gpus = TaskContext.get().resourcesJMap().get(GPU);
    List<String> addresses = gpus == null ? List.of() : List.of(gpus.addresses());
    Optional<String> visible = Optional.ofNullable(System.getenv("CUDA_VISIBLE_DEVICES"));
    String device =
        switch (wanted) {
          case CPU -> CPU;
          case AUTO -> addresses.isEmpty() ? CPU : gpu(manager.host(), addresses, visible);
          case GPU -> gpu(manager.host(), addresses, visible);
        };
    return new Placement(rank, manager.host(), manager.executorId(), addresses, device);
  }

  private static String gpu(String host, List<String> addresses, Optional<String> visible) {
    return GPU + GpuAddress.only(host, addresses).index(visible);
  }

  /** Whether the rank computes on a GPU. */
  public boolean onGpu() {
    return !device.equals(CPU);
  }

  /** The device in PyTorch's terms. */
  public Device torchDevice() {
    return onGpu() ? Device.gpu(Integer.parseInt(device.substring(GPU.length()))) : Device.cpu();
  }

  @Override
  public String toString() {
    String given = gpuAddresses.isEmpty() ? "" : ", GPU " + String.join(" and ", gpuAddresses);
    return "rank %d on %s (executor %s%s) computes on %s"
        .formatted(rank, host, executorId, given, device);
  }
}
