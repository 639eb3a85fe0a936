package normuon.job.lake;

/**
 * Into what pieces the work is cut.
 *
 * @param shardTokens the number of tokens of a shard; the last one of a split has what is left
 * @param bucketBytes the most bytes of documents that are tokenized, and noted, as one
 */
record PieceSizes(int shardTokens, long bucketBytes) {

  /** Shards as in the FineWeb files of modded-nanogpt; buckets of some seconds. */
  static final PieceSizes USUAL = new PieceSizes(100_000_000, 16L << 20);
}
