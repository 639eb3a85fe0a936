package normuon.model;

import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.function.IntPredicate;

/**
 * Continues a sequence of tokens, one token at a time, by drawing from a model's predictions. Each
 * token is predicted from all before it, or, where they are more than the context holds, from the
 * newest: whenever the context is full, its older half is dropped.
 */
public final class Sampler implements AutoCloseable {

  private final TokenChoice choice;
  private final int tokens;
  private final int context;
  private final Decoder decoder;
  private final SplittableRandom random;

  /** Prepares to sample among all tokens of a model. */
  Sampler(Gpt model, SamplingOptions options, Decoding decoding, long seed) {
    this(model, model.configuration().vocabularySize(), options, decoding, seed);
  }

  /**
   * Prepares to sample.
   *
   * @param model predicts; must stay open
   * @param tokens the number of tokens of the tokenizer; a model may have more, which mean nothing
   *     and are not drawn
   * @param options which of them are drawn
   * @param decoding how they are computed
   * @param seed the same seed draws the same tokens
   */
  public Sampler(Gpt model, int tokens, SamplingOptions options, Decoding decoding, long seed) {
    this(model.configuration(), decoding.open(model), tokens, options, seed);
  }

  /** The same with a model that borrows its weights, once through all stages for every token. */
  public Sampler(
      StagedGpt model, int tokens, SamplingOptions options, Decoding decoding, long seed) {
    this(model.configuration(), decoding.open(model), tokens, options, seed);
  }

  private Sampler(
      GptConfiguration configuration,
      Decoder decoder,
      int tokens,
      SamplingOptions options,
      long seed) {
    this.choice = new TokenChoice(options);
    this.tokens = Math.min(tokens, configuration.vocabularySize());
    this.context = configuration.context();
    this.decoder = decoder;
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
    int[] sampled = new int[count];
    int[] next = {0};
    sample(
        prompt,
        count,
        token -> {
          sampled[next[0]++] = token;
          return true;
        });
    return sampled;
  }

  /**
   * Continues a sequence as long as somebody wants more of it.
   *
   * @param prompt at least one token id
   * @param most how many tokens to add at the most
   * @param more gets each token as soon as it is drawn; whether another one is wanted
   */
  public void sample(int[] prompt, int most, IntPredicate more) {
    if (prompt.length == 0) {
      throw new IllegalArgumentException("Invalid prompt of 0 tokens: must have at least 1");
    }
    int[] sequence = prompt;
    int last = Math.min(most, Integer.MAX_VALUE - prompt.length) + prompt.length;
    for (int end = prompt.length; end < last; end++) {
      if (end == sequence.length) {
        sequence = Arrays.copyOf(sequence, (int) Math.min(last, 2L * end + context));
      }
      float[] logits = decoder.logits(sequence, ContextWindow.start(end, context), end);
      sequence[end] = choice.choose(Arrays.copyOf(logits, tokens), random::nextDouble);
      if (!more.test(sequence[end])) {
        return;
      }
    }
  }

  /** Frees what decoding keeps. The model stays open. */
  @Override
  public void close() {
    decoder.close();
  }
}
