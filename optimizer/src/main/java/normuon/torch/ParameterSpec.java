package normuon.torch;

import java.util.Arrays;

/**
 * The name, shape and role of one parameter: all that the optimizer and the checkpoint know of a
 * model.
 *
 * @param name the Hugging Face name, such as {@code model.layers.0.self_attn.q_proj.weight}
 * @param shape the shape, outermost dimension first: [rows, columns] or [elements]
 * @param role what the parameter is to its model
 */
public record ParameterSpec(String name, long[] shape, Role role) {

  /** The number of rows that shards divide: the outermost dimension. */
  public long rows() {
    return shape[0];
  }

  /** The number of elements of one row: 1 for a vector. */
  public long columns() {
    return shape.length == 1 ? 1 : shape[1];
  }

  /** The number of elements. */
  public long elements() {
    return rows() * columns();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof ParameterSpec that
        && name.equals(that.name)
        && Arrays.equals(shape, that.shape)
        && role == that.role;
  }

  @Override
  public int hashCode() {
    return 31 * name.hashCode() + Arrays.hashCode(shape);
  }

  @Override
  public String toString() {
    return name + Arrays.toString(shape) + " " + role;
  }
}
