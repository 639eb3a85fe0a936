package normuon.job.train;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.List;
import java.util.zip.CRC32C;
import normuon.job.comm.DeviceArrays;
import normuon.torch.TorchRuntime;
import org.junit.jupiter.api.Test;

class ReplicaCheckTest {

  @Test
  void theChecksumIsThatOfTheBytesWhereverTheyAre() {
    try (NDManager manager = TorchRuntime.newManager()) {
      NDArray large = manager.arange(1_100_000f).reshape(1100, 1000);
      NDArray small = manager.full(new Shape(3), -0f);
      CRC32C expected = new CRC32C();
      expected.update(large.toByteBuffer());
      expected.update(small.toByteBuffer());

      assertThat(ReplicaCheck.checksum(List.of(large, small))).isEqualTo(expected.getValue());
      assertThat(ReplicaCheck.checksum(DeviceArrays.of(large, small)))
          .as("on a device")
          .isEqualTo(expected.getValue());
    }
  }
}
