package normuon.job.comm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CommunicationOptionsTest {

  @Test
  void defaults() {
    assertThat(CommunicationOptions.defaults())
        .isEqualTo(new CommunicationOptions(Duration.ofMinutes(2), 4_194_304));
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 1016, 1028, (1L << 30) + 8})
  void refusesBucketsOutOfRange(long bucketBytes) {
    assertThatThrownBy(() -> new CommunicationOptions(Duration.ofSeconds(1), bucketBytes))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "Invalid bucketBytes "
                + bucketBytes
                + ": must be a multiple of 8 from 1024 to 1073741824");
  }

  @Test
  void refusesADeadlineOfNothing() {
    assertThatThrownBy(() -> new CommunicationOptions(Duration.ZERO, 1 << 20))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("Invalid deadline PT0S: must be positive");
  }
}
