package normuon.job.data;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import normuon.optimizer.shard.RowShard;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The training batches of one rank. A step consumes the sequences [cursor, cursor + N) of the
 * {@link MixtureOrder}; each rank takes a contiguous share of them, as {@link RowShard} divides
 * rows. So a batch is a pure function of the seed, the cursor, the rank and the number of ranks,
 * and all ranks together see the same sequences however many they are.
 */
public final class BatchSource {

  private static final Logger LOG = LoggerFactory.getLogger(BatchSource.class);

  private final List<TokenMixture.Part> parts;
  private final MixtureOrder order;
  private final int context;
  private final RowShard share;
  private final int microBatchSequences;

  /**
   * Creates the batches of a rank.
   *
   * @param parts the tokens for training
   * @param context the number of inputs of a sequence
   * @param seed the seed of the order
   * @param share the sequences of a step that this rank takes, of those counted from the cursor
   * @param microBatchSequences the most sequences that go through the model together; 0 for no
   *     limit
   */
  public BatchSource(
      List<TokenMixture.Part> parts,
      int context,
      long seed,
      RowShard share,
      int microBatchSequences) {
    this.parts = parts;
    this.order =
        new MixtureOrder(
            parts.stream().map(part -> part.tokens().tokens()).toList(),
            parts.stream().map(TokenMixture.Part::weight).toList(),
            context,
            seed);
    this.context = context;
    this.share = share;
    this.microBatchSequences =
        (int) (microBatchSequences == 0 ? Math.max(1, share.rows()) : microBatchSequences);
  }

  /** The number of micro-batches of a step; 0 if this rank takes no sequence. */
  public int microBatches() {
    return (int) ((share.rows() + microBatchSequences - 1) / microBatchSequences);
  }

  /**
   * The place of this rank's first sequence of a step among all sequences of the run.
   *
   * @param cursor the number of sequences that all ranks have consumed before this step
   */
  public long firstSequence(long cursor) {
    return cursor + share.start();
  }

  /**
   * The micro-batches of one step. All have the same number of sequences but the last, which has
   * what is left.
   *
   * @param cursor the number of sequences that all ranks have consumed before this step
   */
  public List<Batch> step(long cursor) {
    List<Batch> batches = new ArrayList<>(microBatches());
    for (long first = share.start(); first < share.end(); first += microBatchSequences) {
      long end = Math.min(first + microBatchSequences, share.end());
      List<MixtureOrder.Sample> samples =
          LongStream.range(cursor + first, cursor + end).mapToObj(order::sample).toList();
      LOG.debug("Sequences from {} on of the run begin at the tokens {}", cursor + first, samples);
      batches.add(
          Batch.read(
              context,
              samples.stream()
                  .map(
                      sample ->
                          new Batch.Start(parts.get(sample.part()).tokens(), sample.position()))
                  .toList()));
    }
    return batches;
  }
}
