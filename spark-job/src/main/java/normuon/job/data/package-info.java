/**
 * From text to token shards to micro-batches: sources, preparation, sample order. It may import the
 * tokenizers of {@code normuon.model.text}, {@code normuon.optimizer.shard} for the shares of
 * ranks, and configuration.
 */
package normuon.job.data;
