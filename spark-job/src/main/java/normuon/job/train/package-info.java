/**
 * The training job: the driver's segments, one rank's loop, and the step itself. It brings model,
 * optimizer, data, communication, checkpoints and metrics together; start with {@code TrainStep}.
 */
package normuon.job.train;
