package normuon.model;

/**
 * Which of the tokens that a model thinks likely is taken. The temperature comes first, then top-k,
 * and top-p looks at what top-k has left.
 *
 * @param temperature divides the logits: 0 takes the likeliest token, 1 draws from the model's own
 *     distribution
 * @param topK draws among so many of the likeliest tokens; 0 for all
 * @param topP draws among the likeliest tokens whose probabilities first add up to so much (A.
 *     Holtzman and others, The Curious Case of Neural Text Degeneration, 2020); 1 for all
 */
public record SamplingOptions(double temperature, int topK, double topP) {

  /** Refuses what is no temperature, number or probability. */
  public SamplingOptions {
    if (!(temperature >= 0) || Double.isInfinite(temperature)) {
      throw new IllegalArgumentException(
          "Invalid temperature " + temperature + ": must be a number of at least 0");
    }
    if (topK < 0) {
      throw new IllegalArgumentException(
          "Invalid top-k " + topK + ": must be at least 1, or 0 for all tokens");
    }
    if (!(topP > 0 && topP <= 1)) {
      throw new IllegalArgumentException(
          "Invalid top-p " + topP + ": must be above 0 and at most 1, which is all tokens");
    }
  }

  /** All tokens, at a temperature. */
  public static SamplingOptions ofTemperature(double temperature) {
    return new SamplingOptions(temperature, 0, 1);
  }
}
