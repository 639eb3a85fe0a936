package normuon.job.data;

import java.math.BigDecimal;

/**
 * What a text must have at least: one sequence for training and one for validation, or the latter
 * alone where nothing is trained.
 */
public final class LeastTokens {

  private LeastTokens() {}

  /**
   * Refuses a text that is too short.
   *
   * @param text the setting that names the text, with its value
   * @param validationFraction {@code data.validation_fraction}, or {@link
   *     Preparation#ALL_FOR_VALIDATION}
   * @param context {@code model.context}
   * @param train the number of tokens for training
   * @param validation the number of tokens for validation
   * @throws TooFewTokensException if it is
   */
  public static void require(
      String text, double validationFraction, int context, long train, long validation) {
    String least =
        "must be at least %d, one sequence of model.context + 1 tokens".formatted(context + 1);
    if (validationFraction == Preparation.ALL_FOR_VALIDATION) {
      requireForEvaluation(text, context, validation, least);
      return;
    }
    if (train <= context) {
      throw new TooFewTokensException(
          "Invalid %s: its text is too short, %d tokens for training; %s"
              .formatted(text, train, least));
    }
    if (validation <= context) {
      throw new TooFewTokensException(
          "Invalid data.validation_fraction = %s: it leaves %d tokens of %s for validation; %s"
              .formatted(
                  BigDecimal.valueOf(validationFraction).stripTrailingZeros().toPlainString(),
                  validation,
                  text,
                  least));
    }
  }

  private static void requireForEvaluation(
      String text, int context, long validation, String least) {
    if (validation <= context) {
      throw new TooFewTokensException(
          "Invalid %s: its text is too short, %d tokens; %s".formatted(text, validation, least));
    }
  }
}
