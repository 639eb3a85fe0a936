package normuon.model;

import java.util.ArrayDeque;
import java.util.Deque;
import normuon.torch.NativeArrays;

/**
 * What the parts of a model left for the backward pass; the part that ran last comes back first.
 */
final class ForwardPass implements AutoCloseable {

  private final Deque<NativeArrays> saved = new ArrayDeque<>();

  /** Keeps what a part returned, and returns it. */
  NativeArrays keep(NativeArrays part) {
    saved.push(part);
    return part;
  }

  /** Gives up what the last part left. The caller closes it. */
  NativeArrays takeLast() {
    return saved.pop();
  }

  @Override
  public void close() {
    saved.forEach(NativeArrays::close);
    saved.clear();
  }
}
