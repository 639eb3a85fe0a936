package normuon.job.bench;

/**
 * What one shape took in one precision. Errors are Frobenius distances, relative, to the same
 * polynomial written out in float64.
 *
 * @param shape the shape
 * @param precision the precision
 * @param milliseconds median of one orthogonalization
 * @param ceilingMilliseconds what its multiplications alone would take at the rate of one large
 *     multiplication of square matrices in the same precision, measured in turns with it
 * @param ratioToPlain median ratio to the iteration written out in the same precision
 * @param ratioToPlainF32 median ratio to the iteration written out in float32
 * @param ratioToF32 median ratio to our own way in float32
 * @param error on normal random numbers
 * @param plainError of the iteration written out there
 * @param illError on singular values from 1 to 1e-4
 * @param plainIllError of the iteration written out there
 */
public record OrthogonalizationResult(
    String shape,
    String precision,
    double milliseconds,
    double ceilingMilliseconds,
    double ratioToPlain,
    double ratioToPlainF32,
    double ratioToF32,
    double error,
    double plainError,
    double illError,
    double plainIllError) {

  double shareOfCeiling() {
    return ceilingMilliseconds / milliseconds;
  }
}
