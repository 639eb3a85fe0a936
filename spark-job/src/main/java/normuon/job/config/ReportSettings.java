package normuon.job.config;

import java.io.Serializable;

/**
 * Section {@code report}.
 *
 * @param lineEverySteps steps between printed lines, where the output is not a terminal
 */
public record ReportSettings(@Interval("[1, )") int lineEverySteps) implements Serializable {}
