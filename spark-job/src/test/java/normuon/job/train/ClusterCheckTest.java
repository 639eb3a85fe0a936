package normuon.job.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import normuon.job.config.InvalidConfigurationException;
import org.junit.jupiter.api.Test;

class ClusterCheckTest {

  private final List<Integer> checks = new ArrayList<>();
  private final ClusterCheck cluster =
      new ClusterCheck(
          4,
          ranks -> {
            checks.add(ranks);
            if (ranks == 2) {
              throw new InvalidConfigurationException("2 do not fit");
            }
          });

  @Test
  void whatWasFoundToFitIsNotCheckedAgain() {
    cluster.require(4, 0);
    assertThat(checks).isEmpty();

    cluster.require(4, 1);
    cluster.require(4, 1);
    assertThat(checks).as("executors have changed").containsExactly(4);
  }

  @Test
  void anotherNumberOfRanksIsChecked() {
    cluster.require(3, 0);
    cluster.require(3, 0);
    assertThat(checks).containsExactly(3);

    cluster.require(4, 0);
    assertThat(checks).as("as many as at first").containsExactly(3, 4);
  }

  @Test
  void whatDidNotFitIsCheckedAgain() {
    for (int i = 0; i < 2; i++) {
      assertThatThrownBy(() -> cluster.require(2, 0)).hasMessage("2 do not fit");
    }
    assertThat(checks).containsExactly(2, 2);
  }
}
