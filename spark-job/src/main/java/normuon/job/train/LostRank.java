package normuon.job.train;

/**
 * A rank whose executor ended under it, so that it could not say why.
 *
 * @param place where it ran
 * @param reason what Spark knows, such as the exit code of the process
 */
record LostRank(RankPlace place, String reason) {}
