package normuon.job.train;

import java.util.List;
import normuon.job.config.MixtureSettings;
import normuon.job.config.RunConfiguration;

/**
 * What every rank needs to know of the run, broadcast once.
 *
 * @param runId unique for each start of the driver
 * @param configuration the effective configuration
 * @param runDirectory where checkpoints lie, fully qualified
 * @param initialCheckpoint the folder of the checkpoint that step 0 is read from, fully qualified;
 *     empty for weights from the seed
 * @param tokens where the token shards and their manifests lie, and in which proportion
 */
record TrainingPlan(
    String runId,
    RunConfiguration configuration,
    String runDirectory,
    String initialCheckpoint,
    List<MixtureSettings> tokens) {}
