package normuon.job.config;

import java.io.Serializable;

/**
 * Section {@code generate}: the sample of text at the end of a run.
 *
 * @param tokens length of the sample; 0 for none
 * @param temperature divides the logits before sampling; 0 takes the likeliest token
 * @param topK draws among so many of the likeliest tokens; 0 for all
 * @param topP draws among the likeliest tokens whose probabilities add up to so much; 1 for all
 */
public record GenerateSettings(
    @Interval("[0, )") int tokens,
    @Interval("[0, )") double temperature,
    @Interval("[0, )") int topK,
    @Interval("(0, 1]") double topP)
    implements Serializable {}
