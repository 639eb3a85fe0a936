package normuon.model;

/**
 * Arrays of one stage, grouped as the operators take them, until they are given back.
 *
 * @param arrays must not be used after closing
 * @param giveBack what closing does
 */
record Held<T>(T arrays, Runnable giveBack) implements AutoCloseable {

  /** Arrays that stay where they are. */
  static <T> Held<T> resident(T arrays) {
    return new Held<>(arrays, () -> {});
  }

  @Override
  public void close() {
    giveBack.run();
  }
}
