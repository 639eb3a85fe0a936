package normuon.job.inference;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A failure and what it follows from: Spark wraps what a task throws.
 *
 * @param failures from the outermost to the innermost, at least one
 */
record Causes(List<Throwable> failures) {

  static Causes of(Throwable failure) {
    return new Causes(
        Stream.iterate(failure, cause -> cause != null, Throwable::getCause).toList());
  }

  /** The outermost of a type. */
  <T extends Throwable> Optional<T> first(Class<T> type) {
    return failures.stream().filter(type::isInstance).map(type::cast).findFirst();
  }

  Throwable innermost() {
    return failures.get(failures.size() - 1);
  }
}
