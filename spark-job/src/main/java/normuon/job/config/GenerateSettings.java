package normuon.job.config;

import java.io.Serializable;

/**
 * Section {@code generate}: the sample of text at the end of a run.
 *
 * @param tokens length of the sample; 0 for none
 * @param temperature divides the logits before sampling; 0 takes the likeliest token
 */
public record GenerateSettings(@Interval("[0, )") int tokens, @Interval("[0, )") double temperature)
    implements Serializable {}
