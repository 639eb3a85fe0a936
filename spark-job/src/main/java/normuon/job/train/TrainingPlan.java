package normuon.job.train;

import normuon.job.config.RunConfiguration;

/**
 * What every rank needs to know of the run, broadcast once.
 *
 * @param runId unique for each start of the driver
 * @param configuration the effective configuration
 * @param runDirectory where checkpoints lie, fully qualified
 * @param initialCheckpoint the folder of the checkpoint that step 0 is read from, fully qualified;
 *     empty for weights from the seed
 * @param tokensDirectory where the token shards and their manifest lie, fully qualified
 */
record TrainingPlan(
    String runId,
    RunConfiguration configuration,
    String runDirectory,
    String initialCheckpoint,
    String tokensDirectory) {}
