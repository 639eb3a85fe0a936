package normuon.job.report;

/**
 * A run that goes on otherwise than it began: a line of {@code metrics.jsonl}.
 *
 * @param step the step it goes on after
 * @param ranks the number of ranks it goes on with
 * @param reason why, in one line: the first failure, or that the number of ranks changes
 */
public record AttemptRecord(int step, int ranks, String reason) {}
