package normuon.job.inference;

import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.OptionalInt;
import java.util.function.IntPredicate;
import normuon.job.config.InvalidConfigurationException;
import normuon.job.report.RunStoppedException;
import normuon.job.report.Status;
import normuon.model.Sampler;
import normuon.model.text.TextStream;
import normuon.model.text.Tokenizer;

/**
 * Lets a model write, and shows the text as it comes into being, in UTF-8 whatever the locale.
 *
 * @param sampler draws the tokens
 * @param tokenizer turns them into text
 * @param output where the text goes
 */
public record TextGeneration(Sampler sampler, Tokenizer tokenizer, PrintStream output) {

  private static final String LINE_BREAK = "\n";

  /**
   * What was written.
   *
   * @param tokens how many tokens; the end of text is not among them
   * @param duration the time that it took
   */
  public record Result(int tokens, Duration duration) {

    /** Of one text and of another. */
    public Result plus(Result other) {
      return new Result(tokens + other.tokens, duration.plus(other.duration));
    }

    /** For the whole time, that of the prompt included. */
    public double tokensPerSecond() {
      return tokens / (Math.max(1, duration.toNanos()) / 1e9);
    }
  }

  /**
   * Writes a prompt and its continuation, which ends with the end of text if the model draws that.
   *
   * @param prompt may be empty: then a text begins, after {@link Tokenizer#beginning}
   * @param most how many tokens to add at the most
   * @throws InvalidConfigurationException if the tokenizer lacks a character of the prompt, or
   *     makes no token of it
   * @throws RunStoppedException if a prediction of the model is not finite
   */
  public Result write(String prompt, int most) {
    int[] tokens = prompt.isEmpty() ? new int[] {tokenizer.beginning()} : encode(prompt);
    TextStream text = new TextStream(tokenizer, tokens);
    OptionalInt end = tokenizer.endOfText();
    int[] written = {0};
    show(prompt);
    long began = System.nanoTime();
    sample(
        tokens,
        most,
        token -> {
          if (end.isPresent() && end.getAsInt() == token) {
            return false;
          }
          written[0]++;
          show(text.add(token));
          // Whoever closes the other end of a pipe wants no more.
          return !output.checkError();
        });
    Duration duration = Duration.ofNanos(System.nanoTime() - began);
    show(text.end() + LINE_BREAK);
    output.flush();
    return new Result(written[0], duration);
  }

  private void sample(int[] tokens, int most, IntPredicate more) {
    try {
      sampler.sample(tokens, most, more);
    } catch (ArithmeticException undefined) {
      throw new RunStoppedException(
          Status.DIVERGED, undefined.getMessage() + "; must be finite", undefined);
    }
  }

  private int[] encode(String prompt) {
    int[] tokens;
    try {
      tokens = tokenizer.encode(prompt);
    } catch (IllegalArgumentException unknown) {
      throw new InvalidConfigurationException(
          "Invalid prompt: " + unknown.getMessage() + "; must have those that the model has seen",
          unknown);
    }
    if (tokens.length == 0) {
      throw new InvalidConfigurationException(
          "Invalid prompt: tokenizer '%s' makes no token of it; must be of at least 1"
              .formatted(tokenizer.name()));
    }
    return tokens;
  }

  private void show(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    output.write(bytes, 0, bytes.length);
  }
}
