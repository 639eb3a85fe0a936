package normuon.torch;

/** What a parameter is to its model; the optimizer chooses its update rule by it. */
public enum Role {
  /** A hidden weight matrix of shape [outputs, inputs]: orthogonalized. */
  MATRIX,
  /** The token embedding table of shape [vocabulary, width]. */
  EMBEDDING,
  /** The output projection of shape [vocabulary, width]. */
  HEAD,
  /** A vector, such as the gain of a normalization: one row per element. */
  VECTOR
}
