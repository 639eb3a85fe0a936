package normuon.model;

import java.util.Arrays;
import java.util.function.DoubleSupplier;

/**
 * Chooses a token by its logits, as {@link SamplingOptions} say. Among tokens of the same logit the
 * first counts as the likelier one.
 */
record TokenChoice(SamplingOptions options) {

  /**
   * Chooses.
   *
   * @param logits of the whole vocabulary
   * @param uniform gives numbers in [0, 1); asked once, but not at temperature 0
   * @throws ArithmeticException if a logit is not a number, or infinite
   */
  int choose(float[] logits, DoubleSupplier uniform) {
    int likeliest = 0;
    for (int token = 0; token < logits.length; token++) {
      if (!Float.isFinite(logits[token])) {
        throw new ArithmeticException(
            "Cannot choose a token: the logit of token " + token + " is " + logits[token]);
      }
      if (logits[token] > logits[likeliest]) {
        likeliest = token;
      }
    }
    if (options.temperature() == 0) {
      return likeliest;
    }
    return draw(weights(logits, logits[likeliest]), uniform.getAsDouble());
  }

  /** In proportion to the probabilities; 0 for the tokens that may not be drawn. */
  private double[] weights(float[] logits, double largest) {
    double[] weights = new double[logits.length];
    for (int token = 0; token < logits.length; token++) {
      weights[token] = Math.exp((logits[token] - largest) / options.temperature());
    }
    if (options.topP() < 1 || options.topK() > 0 && options.topK() < logits.length) {
      restrict(weights, likeliestFirst(logits));
    }
    return weights;
  }

  private void restrict(double[] weights, int[] order) {
    int most = options.topK() == 0 ? order.length : Math.min(options.topK(), order.length);
    double total = 0;
    for (int i = 0; i < most; i++) {
      total += weights[order[i]];
    }
    double covered = 0;
    int kept = 0;
    while (kept < most && (kept == 0 || covered < options.topP() * total)) {
      covered += weights[order[kept]];
      kept++;
    }
    for (int i = kept; i < order.length; i++) {
      weights[order[i]] = 0;
    }
  }

  /**
   * All tokens, sorted as 64-bit numbers: the logit's bits in an order that is its own, the token.
   */
  private static int[] likeliestFirst(float[] logits) {
    long[] keys = new long[logits.length];
    for (int token = 0; token < logits.length; token++) {
      // Adding zero makes the two zeros one.
      int bits = Float.floatToIntBits(logits[token] + 0f);
      int ascending = bits < 0 ? ~bits ^ Integer.MIN_VALUE : bits;
      keys[token] = (long) ~ascending << Integer.SIZE | token;
    }
    Arrays.sort(keys);
    return Arrays.stream(keys).mapToInt(key -> (int) key).toArray();
  }

  private static int draw(double[] weights, double uniform) {
    double total = 0;
    int last = 0;
    for (int token = 0; token < weights.length; token++) {
      total += weights[token];
      last = weights[token] > 0 ? token : last;
    }
    double target = uniform * total;
    double covered = 0;
    for (int token = 0; token < last; token++) {
      covered += weights[token];
      if (covered > target) {
        return token;
      }
    }
    return last;
  }
}
