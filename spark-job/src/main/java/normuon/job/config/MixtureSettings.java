package normuon.job.config;

import java.io.Serializable;

/**
 * An entry of {@code data.mixture}: tokens that were prepared before.
 *
 * @param tokensDirectory where their shards and manifest lie, on any Hadoop file system
 * @param weight of every so many sequences as all weights together, the number that come from here
 */
public record MixtureSettings(String tokensDirectory, @Interval("[1, 1000000000]") long weight)
    implements Serializable {}
