package normuon.job.config;

import java.io.Serializable;

/**
 * Section {@code run}.
 *
 * @param directory where the run keeps everything it makes: any Hadoop path; a relative one is
 *     below the local working directory
 * @param leaseSeconds how long the right to write there lives after it was last renewed
 */
public record RunSettings(String directory, @Interval("[1, )") int leaseSeconds)
    implements Serializable {}
