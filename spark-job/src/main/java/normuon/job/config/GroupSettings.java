package normuon.job.config;

import java.io.Serializable;

/**
 * An entry of {@code optimizer.groups}.
 *
 * @param pattern the names of the parameters, where each {@code *} stands for any characters
 * @param rule the rule that updates them
 * @param learningRate peak learning rate; 0 freezes them
 * @param weightDecay decoupled weight decay, of vectors too
 * @param rowBlocks into how many blocks of rows NorMuon and Muon cut each matrix, to treat each as
 *     a matrix of its own: the heads of a query, key or value projection; 1 for none
 * @param columnBlocks the same for columns: the heads of an output projection; one of the two is 1
 */
public record GroupSettings(
    String pattern,
    Rule rule,
    @Interval("[0, )") double learningRate,
    @Interval("[0, )") double weightDecay,
    @Interval("[1, )") @WhereAbsent("1") int rowBlocks,
    @Interval("[1, )") @WhereAbsent("1") int columnBlocks)
    implements Serializable {

  /** The rule of a group. */
  public enum Rule {
    /** NorMuon with the other numbers of {@code optimizer}; for matrices alone. */
    NORMUON,
    /** Muon, likewise. */
    MUON,
    /** AdamW with the other numbers of {@code optimizer.adamw}. */
    ADAMW,
    /** Sophia-G with the other numbers of {@code optimizer.sophia}. */
    SOPHIA_G,
    /** Sophia-H, likewise; a run has one of the two. */
    SOPHIA_H
  }
}
