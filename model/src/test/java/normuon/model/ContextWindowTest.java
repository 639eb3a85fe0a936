package normuon.model;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ContextWindowTest {

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 8, 9, 64})
  void itHoldsTheNewestTokensAndIsHalvedOnlyWhenItIsFull(int context) {
    int start = 0;
    for (int tokens = 1; tokens < 10 * context + 10; tokens++) {
      boolean isOverfull = tokens - start > context;
      int next = ContextWindow.start(tokens, context);
      assertThat(next - start).isEqualTo(isOverfull ? Math.max(1, context / 2) : 0);
      assertThat(tokens - next).isBetween(1, context);
      start = next;
    }
  }

  @Test
  void aLongPromptKeepsMoreThanHalfAContext() {
    assertThat(ContextWindow.start(1000, 64)).isEqualTo(960);
    assertThat(ContextWindow.start(1024, 64)).isEqualTo(960);
    assertThat(ContextWindow.start(1025, 64)).isEqualTo(992);
  }
}
