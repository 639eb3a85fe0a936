package normuon.optimizer;

/** Checks of numbers against the range that a formula is defined for. */
final class Range {

  private Range() {}

  static void decay(String name, double value) {
    require(value >= 0 && value < 1, name, value, "at least 0 and less than 1");
  }

  static void fraction(String name, double value) {
    require(value >= 0 && value <= 1, name, value, "from 0 to 1");
  }

  static void positive(String name, double value) {
    require(value > 0 && Double.isFinite(value), name, value, "greater than 0");
  }

  static void notNegative(String name, double value) {
    require(value >= 0 && Double.isFinite(value), name, value, "at least 0");
  }

  private static void require(boolean valid, String name, double value, String allowed) {
    if (!valid) {
      throw new IllegalArgumentException("Invalid " + name + " " + value + ": must be " + allowed);
    }
  }
}
