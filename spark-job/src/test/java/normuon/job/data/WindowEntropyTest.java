package normuon.job.data;

import static normuon.job.data.Grammar.choice;
import static normuon.job.data.Grammar.literal;
import static normuon.job.data.Grammar.sequence;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class WindowEntropyTest {

  private static final Grammar SMALL =
      sequence(
          choice(
              sequence(literal("ab"), choice(literal("a"), literal("b"), literal(""))),
              sequence(literal("b"), choice(literal(""), literal("ab")))),
          literal(".\n"));

  /**
   * Block entropies counted out: every text of sentences long enough to cover a window, every place
   * of the window's beginning in the first sentence.
   */
  @Test
  void entropiesArePerPositionThoseOfAllWindowsCountedOut() {
    int inputs = 6;
    double[] blocks = new double[inputs + 1];
    for (int length = 1; length <= inputs + 1; length++) {
      blocks[length - 1] = Language.entropy(windows(length));
    }

    double[] entropies = new WindowEntropy(SMALL).perPosition(inputs);

    for (int t = 1; t <= inputs; t++) {
      assertThat(entropies[t - 1]).isCloseTo(blocks[t] - blocks[t - 1], within(1e-9));
    }
  }

  @Test
  void entropiesFallToTheEntropyRate() {
    double[] entropies = new WindowEntropy(SMALL).perPosition(40);

    for (int t = 1; t < entropies.length; t++) {
      assertThat(entropies[t]).isLessThan(entropies[t - 1] + 1e-9);
    }
    assertThat(entropies[39]).isCloseTo(SMALL.entropy() / SMALL.expectedLength(), within(1e-9));
  }

  @Test
  void theSamplePaysLittleForTheBeginningOfAWindow() {
    double limit = SampleGrammar.entropyPerCharacter();

    double[] entropies = new WindowEntropy(SampleGrammar.sentence()).perPosition(64);

    double extra = Arrays.stream(entropies).map(entropy -> entropy - limit).sum();
    assertThat(extra).isBetween(1.5, 2.0);
    assertThat(entropies[63]).isCloseTo(limit, within(1e-9));
    assertThat(SampleGrammar.entropyPerCharacter(64)).isCloseTo(limit + extra / 64, within(1e-9));
  }

  private static Map<String, Double> windows(int length) {
    Map<String, Double> sentences = Language.of(SMALL);
    Map<String, Double> windows = new HashMap<>();
    sentences.forEach(
        (first, p) -> {
          for (int begin = 0; begin < first.length(); begin++) {
            double share = p / SMALL.expectedLength();
            extend(first.substring(begin), share, length, sentences, windows);
          }
        });
    return windows;
  }

  private static void extend(
      String text,
      double p,
      int length,
      Map<String, Double> sentences,
      Map<String, Double> windows) {
    if (text.length() >= length) {
      windows.merge(text.substring(0, length), p, Double::sum);
      return;
    }
    sentences.forEach((next, q) -> extend(text + next, p * q, length, sentences, windows));
  }
}
