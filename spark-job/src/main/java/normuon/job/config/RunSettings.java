package normuon.job.config;

import java.io.Serializable;

/**
 * Section {@code run}.
 *
 * @param directory where the run keeps everything it makes: any Hadoop path; a relative one is
 *     below the local working directory
 */
public record RunSettings(String directory) implements Serializable {}
