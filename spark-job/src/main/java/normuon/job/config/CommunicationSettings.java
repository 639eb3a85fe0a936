package normuon.job.config;

import java.io.Serializable;

/**
 * Section {@code communication}.
 *
 * @param deadlineSeconds the longest that a rank waits for another, in seconds
 * @param bucketBytes size of the pieces in which gradients and updates travel, in bytes
 */
public record CommunicationSettings(
    @Interval("[1, 86400]") int deadlineSeconds, @Interval("[1024, 1073741824]") int bucketBytes)
    implements Serializable {}
