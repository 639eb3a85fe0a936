package normuon.job;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class PhaseKillTest {

  /** Those who order a kill run seldom, and would wait for it in vain. */
  @ParameterizedTest
  @EnumSource
  void everyMomentIsAMethodOfTheProgram(PhaseKill.Moment moment) throws ClassNotFoundException {
    assertThat(moment.exists()).isTrue();
  }
}
