package normuon.model;

/**
 * Which tokens the next one is predicted from, once there are more than the context holds: whenever
 * it is full, the older half is dropped, and the others begin anew at position 0.
 *
 * <p>A window that slid by one token would give each of them another rotary position, and every
 * key, once the context is full, would have to be computed again for every token; so it happens
 * once per half a context. The window depends on the number of tokens alone, so that decoding with
 * a cache and without one sees the same.
 */
final class ContextWindow {

  private ContextWindow() {}

  /**
   * The first token of the window.
   *
   * @param tokens how many there are
   * @param context the most that a window holds
   */
  static int start(int tokens, int context) {
    if (tokens <= context) {
      return 0;
    }
    int dropped = Math.max(1, context / 2);
    return (tokens - context + dropped - 1) / dropped * dropped;
  }
}
