/**
 * Collectives over Spark's own network transport: rendezvous, security, deadlines. It may import
 * {@code normuon.optimizer.shard} and {@code normuon.torch}, and no sibling but configuration.
 */
package normuon.job.comm;
