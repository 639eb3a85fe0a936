/**
 * The update rules. Each turns a gradient into a normalized update, the direction and size of a
 * step at learning rate 1, and {@link normuon.optimizer.ParameterUpdate} applies it, the same for
 * all. Rules keep no state: the caller owns, shards and saves the arrays that they change in place.
 * It may import {@code normuon.torch} and {@code normuon.optimizer.shard}, and knows nothing of
 * models or Spark.
 */
package normuon.optimizer;
