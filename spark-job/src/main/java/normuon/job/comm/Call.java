package normuon.job.comm;

/**
 * One call of a collective operation. Every rank counts the calls of each operation and owner by
 * itself, so that calls with different owners may come in any order.
 *
 * @param operation the operation
 * @param owner the rank that collects or sends, or {@link #NO_OWNER}
 * @param sequence how many such calls came before
 */
record Call(Operation operation, int owner, long sequence) {

  static final int NO_OWNER = -1;

  @Override
  public String toString() {
    String of = owner == NO_OWNER ? "" : " of owner " + owner;
    return operation + of + " (call " + sequence + ")";
  }
}
