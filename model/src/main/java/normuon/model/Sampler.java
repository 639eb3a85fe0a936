package normuon.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * Continues a sequence of tokens, one token at a time, by drawing from a model's predictions. Each
 * token is predicted from the last {@code context} tokens before it.
 */
public final class Sampler {

  private final Gpt model;
  private final double temperature;
  private final SplittableRandom random;

  /**
   * Prepares to sample.
   *
   * @param model predicts; must stay open
   * @param temperature divides the logits: 0 takes the likeliest token, 1 draws from the model's
   *     own distribution
   * @param seed the same seed draws the same tokens
   */
  public Sampler(Gpt model, double temperature, long seed) {
    if (!(temperature >= 0) || Double.isInfinite(temperature)) {
      throw new IllegalArgumentException(
          "Invalid temperature " + temperature + ": must be a number of at least 0");
    }
    this.model = model;
    this.temperature = temperature;
    this.random = new SplittableRandom(seed);
  }

  /**
   * Continues a sequence.
   *
   * @param prompt at least one token id
   * @param count how many tokens to add
   * @return the added tokens alone
   */
  public int[] sample(int[] prompt, int count) {
    if (prompt.length == 0) {
      throw new IllegalArgumentException("Invalid prompt of 0 tokens: must have at least 1");
    }
    int[] tokens = Arrays.copyOf(prompt, prompt.length + count);
    for (int end = prompt.length; end < tokens.length; end++) {
      tokens[end] = choose(nextLogits(tokens, end));
    }
    return Arrays.copyOfRange(tokens, prompt.length, tokens.length);
  }

  /** What the model predicts after the tokens before {@code end}: the one place that asks it. */
  private float[] nextLogits(int[] tokens, int end) {
    int start = Math.max(0, end - model.configuration().context());
    long[] window = Arrays.stream(tokens, start, end).asLongStream().toArray();
    try (NDManager step = model.newManager()) {
      NDArray logits = model.logits(step.create(window, new Shape(1, window.length)));
      return logits.get(0, window.length - 1L).toFloatArray();
    }
  }

  private int choose(float[] logits) {
    int likeliest = 0;
    for (int token = 1; token < logits.length; token++) {
      if (logits[token] > logits[likeliest]) {
        likeliest = token;
      }
    }
    return temperature == 0 ? likeliest : draw(logits, logits[likeliest]);
  }

  private int draw(float[] logits, double largest) {
    double[] cumulative = new double[logits.length];
    double sum = 0;
    for (int token = 0; token < logits.length; token++) {
      sum += Math.exp((logits[token] - largest) / temperature);
      cumulative[token] = sum;
    }
    double target = random.nextDouble() * sum;
    int token = 0;
    while (cumulative[token] <= target && token < logits.length - 1) {
      token++;
    }
    return token;
  }
}
