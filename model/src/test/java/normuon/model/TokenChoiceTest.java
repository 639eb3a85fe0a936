package normuon.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The choice of a token against the definitions, written out plainly. */
class TokenChoiceTest {

  private static final int DRAWS = 20_000;

  /** With a tie, signs and values that are far apart. */
  private static final float[] LOGITS = {1.5f, -0f, 0f, 2.25f, 1.5f, -7, 0.5f, 1.25f};

  @ParameterizedTest
  @CsvSource({
    "1, 0, 1",
    "0.7, 0, 1",
    "1, 3, 1",
    "1.3, 2, 1",
    "1, 0, 0.5",
    "0.8, 0, 0.9",
    "1, 4, 0.8",
    "2, 100, 0.99",
    "1, 1, 1",
    "1, 0, 0.0001"
  })
  void drawsAsTheDefinitionsSay(double temperature, int topK, double topP) {
    SamplingOptions options = new SamplingOptions(temperature, topK, topP);
    double[] expected = probabilities(options);
    int[] counts = new int[LOGITS.length];
    for (int i = 0; i < DRAWS; i++) {
      double uniform = (i + 0.5) / DRAWS;
      counts[new TokenChoice(options).choose(LOGITS, () -> uniform)]++;
    }
    for (int token = 0; token < LOGITS.length; token++) {
      // Evenly spaced numbers fall into an interval of length p at least p n - 1 times.
      assertThat(counts[token] / (double) DRAWS)
          .as("token %d", token)
          .isCloseTo(expected[token], within(1.5 / DRAWS));
      assertThat(counts[token] == 0).as("token %d", token).isEqualTo(expected[token] < 1e-5);
    }
  }

  @Test
  void temperatureZeroNeedsNoChance() {
    TokenChoice choice = new TokenChoice(SamplingOptions.ofTemperature(0));

    assertThat(
            choice.choose(
                LOGITS,
                () -> {
                  throw new AssertionError("asked");
                }))
        .isEqualTo(3);
    assertThat(choice.choose(new float[] {1, 2, 2}, () -> 0)).as("the first of two").isEqualTo(1);
  }

  @Test
  void restrictionsThatLeaveAllTokensChangeNoDraw() {
    SplittableRandom random = new SplittableRandom(2);
    TokenChoice free = new TokenChoice(SamplingOptions.ofTemperature(1));
    TokenChoice whole = new TokenChoice(new SamplingOptions(1, LOGITS.length, 1));
    TokenChoice nearly = new TokenChoice(new SamplingOptions(1, 0, Math.nextDown(1)));
    for (int i = 0; i < 1000; i++) {
      double uniform = random.nextDouble();
      int token = free.choose(LOGITS, () -> uniform);
      assertThat(whole.choose(LOGITS, () -> uniform)).isEqualTo(token);
      assertThat(nearly.choose(LOGITS, () -> uniform)).isEqualTo(token);
    }
  }

  @Test
  void theLargestUniformNumberDrawsATokenThatMayBeDrawn() {
    TokenChoice choice = new TokenChoice(new SamplingOptions(1, 2, 1));

    assertThat(choice.choose(LOGITS, () -> Math.nextDown(1))).isEqualTo(3);
    assertThat(choice.choose(LOGITS, () -> 0)).isZero();
  }

  @Test
  void refusesNonsense() {
    assertThatThrownBy(() -> new SamplingOptions(-0.5, 0, 1))
        .hasMessage("Invalid temperature -0.5: must be a number of at least 0");
    assertThatThrownBy(() -> new SamplingOptions(Double.NaN, 0, 1))
        .hasMessage("Invalid temperature NaN: must be a number of at least 0");
    assertThatThrownBy(() -> new SamplingOptions(1, -1, 1))
        .hasMessage("Invalid top-k -1: must be at least 1, or 0 for all tokens");
    for (double topP : new double[] {0, -0.1, 1.5, Double.NaN}) {
      assertThatThrownBy(() -> new SamplingOptions(1, 0, topP))
          .hasMessage("Invalid top-p %s: must be above 0 and at most 1, which is all tokens", topP);
    }
    TokenChoice choice = new TokenChoice(SamplingOptions.ofTemperature(1));
    assertThatThrownBy(() -> choice.choose(new float[] {1, Float.NaN}, () -> 0))
        .hasMessage("Cannot choose a token: the logit of token 1 is NaN");
  }

  private static double[] probabilities(SamplingOptions options) {
    List<Integer> order = new ArrayList<>(IntStream.range(0, LOGITS.length).boxed().toList());
    order.sort(Comparator.comparingDouble(token -> -(LOGITS[token] + 0.0)));
    if (options.topK() > 0 && options.topK() < order.size()) {
      order = order.subList(0, options.topK());
    }
    double total = 0;
    for (int token : order) {
      total += Math.exp(LOGITS[token] / options.temperature());
    }
    double[] probabilities = new double[LOGITS.length];
    double covered = 0;
    for (int token : order) {
      if (covered < options.topP()) {
        probabilities[token] = Math.exp(LOGITS[token] / options.temperature()) / total;
        covered += probabilities[token];
      }
    }
    for (int token = 0; token < LOGITS.length; token++) {
      probabilities[token] /= covered;
    }
    return probabilities;
  }
}
