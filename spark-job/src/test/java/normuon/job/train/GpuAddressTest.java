package normuon.job.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Optional;
import normuon.job.config.InvalidConfigurationException;
import org.junit.jupiter.api.Test;

class GpuAddressTest {

  @Test
  void withoutAListOfVisibleDevicesTheAddressIsTheNumber() {
    assertThat(gpu("0").index(Optional.empty())).isZero();
    assertThat(gpu("13").index(Optional.empty())).isEqualTo(13);
  }

  @Test
  void processCountsTheDevicesThatItSees() {
    assertThat(gpu("2").index(Optional.of("3, 2"))).isEqualTo(1);
    assertThat(gpu("GPU-5a").index(Optional.of("GPU-5a"))).isZero();
  }

  @Test
  void whatTheProcessCannotSeeIsRefused() {
    assertThatThrownBy(() -> gpu("1").index(Optional.of("0,11")))
        .isInstanceOf(InvalidConfigurationException.class)
        .hasMessage(
            "Invalid CUDA_VISIBLE_DEVICES '0,11' on host: it must list GPU 1, which Spark gave the"
                + " task; leave it out of spark.executorEnv and of the worker's environment");
    assertThatThrownBy(() -> gpu("0").index(Optional.of("")))
        .hasMessageStartingWith("Invalid CUDA_VISIBLE_DEVICES '' on host");
    assertThatThrownBy(() -> gpu("GPU-5a").index(Optional.empty()))
        .hasMessageStartingWith("Invalid GPU address 'GPU-5a' on host: must be a number");
  }

  @Test
  void taskHasOneGpu() {
    assertThat(GpuAddress.only("host", List.of("4"))).isEqualTo(gpu("4"));
    assertThatThrownBy(() -> GpuAddress.only("host", List.of()))
        .isInstanceOf(InvalidConfigurationException.class)
        .hasMessage(
            "Invalid placement.device gpu: Spark gave the task on host no GPU; set"
                + " spark.executor.resource.gpu.amount and spark.task.resource.gpu.amount to 1, or"
                + " placement.device to cpu");
    assertThatThrownBy(() -> GpuAddress.only("host", List.of("0", "1")))
        .hasMessageStartingWith(
            "Invalid spark.task.resource.gpu.amount 2: the task on host has GPUs 0 and 1");
  }

  @Test
  void placementsAreToldAsPeopleReadThem() {
    Placement onGpu = new Placement(1, "host", "7", List.of("3"), "gpu0");
    Placement onCpu = new Placement(0, "host", "driver", List.of(), "cpu");

    assertThat(onGpu).hasToString("rank 1 on host (executor 7, GPU 3) computes on gpu0");
    assertThat(onCpu).hasToString("rank 0 on host (executor driver) computes on cpu");
    assertThat(onGpu.torchDevice().getDeviceId()).isZero();
    assertThat(onGpu.torchDevice().isGpu()).isTrue();
    assertThat(onCpu.torchDevice().isGpu()).isFalse();
  }

  private static GpuAddress gpu(String address) {
    return new GpuAddress("host", address);
  }
}
