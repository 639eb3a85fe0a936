/**
 * From text to token shards to micro-batches: sources, preparation, sample order. It may import the
 * tokenizers of {@code normuon.model.text} and configuration.
 */
package normuon.job.data;
