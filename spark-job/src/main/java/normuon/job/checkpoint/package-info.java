/**
 * Sharded checkpoints on any Hadoop file system: written atomically, read by name and row range. It
 * may import configuration and the optimizer's shards.
 */
package normuon.job.checkpoint;
