/**
 * How parameters are divided among ranks: rows, owners, and the collective operations that move
 * them. It may import {@code normuon.torch} and knows nothing of Spark.
 */
package normuon.optimizer.shard;
