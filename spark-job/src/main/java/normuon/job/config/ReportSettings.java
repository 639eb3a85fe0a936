package normuon.job.config;

import java.io.Serializable;

/**
 * Section {@code report}.
 *
 * @param lineEverySteps steps between printed lines, where the output is not a terminal
 * @param eventEverySteps steps between step events in Spark's event log; 0 for none
 */
public record ReportSettings(
    @Interval("[1, )") int lineEverySteps, @Interval("[0, )") int eventEverySteps)
    implements Serializable {}
