/**
 * From tables to token shards: which snapshot of a table is read, which of its documents are used,
 * and how a preparation that was broken off goes on. It may import {@code normuon.job.data}, which
 * knows the shards, the tokenizers and configuration.
 */
package normuon.job.lake;
