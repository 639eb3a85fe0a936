package normuon.model;

/**
 * Where a model's weights come from, one stage at a time: from memory where they always are, from
 * the ranks that hold their rows, or from a file. A model holds at most two stages at a time and
 * says which one it will need next, so that the others need not be anywhere.
 */
public interface StageWeights {

  /**
   * Says that a stage comes soon, so that it may be on its way while the model computes. Does not
   * block.
   *
   * <p>Every stage is announced once before it is acquired, in the order in which they are
   * acquired, which is the same for every pass of its kind. One stage at the most is announced
   * beyond the one that is acquired next. A pass that fails leaves what it announced.
   *
   * @param stage a number of {@link ModelStages}
   */
  void prefetch(int stage);

  /**
   * The weights of a stage, whole; blocks until they are there.
   *
   * <p>They are float32 also where a model computes in bfloat16, which then rounds what it
   * multiplies with ({@link ModelStages#multiplied}): that may be rounded already.
   *
   * @param stage a number of {@link ModelStages}
   */
  HeldArrays acquire(int stage);

  /**
   * The same weights for passes in the type of the residual stream. Others need what is multiplied
   * in the precision of products alone.
   */
  default StageWeights exact() {
    return this;
  }
}
