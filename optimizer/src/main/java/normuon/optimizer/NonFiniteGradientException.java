package normuon.optimizer;

/** A gradient that holds an infinite number or none: no state has been touched. */
public class NonFiniteGradientException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private final String parameter;

  /**
   * Creates the exception.
   *
   * @param parameter the name of the first parameter whose gradient is not finite
   * @param squaredNorm what its squared norm came to
   */
  public NonFiniteGradientException(String parameter, double squaredNorm) {
    super("Invalid gradient of " + parameter + ": squared norm " + squaredNorm + " must be finite");
    this.parameter = parameter;
  }

  /** The name of the first parameter whose gradient is not finite. */
  public String parameter() {
    return parameter;
  }
}
