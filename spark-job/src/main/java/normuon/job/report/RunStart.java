package normuon.job.report;

import java.util.OptionalDouble;

/**
 * What is known when the first step begins.
 *
 * @param step the step that the run goes on from; 0 for a new run
 * @param parameters number of weights of the model
 * @param trainingTokens tokens of the training split
 * @param validationTokens tokens of the validation split
 * @param lossFloor the entropy of the text in nats per token, where it is known: no model can be
 *     better
 * @param plan which rule updates which parameter and which rank owns which matrix, for people
 * @param routing the same for every parameter by name
 */
public record RunStart(
    int step,
    long parameters,
    long trainingTokens,
    long validationTokens,
    OptionalDouble lossFloor,
    String plan,
    String routing) {}
