package normuon.model;

import normuon.torch.NativeArrays;

/**
 * What one block's forward pass leaves for its backward pass.
 *
 * @param attention of the attention part
 * @param mlp of the feed-forward part, which begins with the block's output
 */
record BlockActivations(NativeArrays attention, NativeArrays mlp) implements AutoCloseable {

  @Override
  public void close() {
    attention.close();
    mlp.close();
  }
}
