package normuon.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import java.util.Arrays;
import normuon.model.StageArrays.Block;
import normuon.torch.NativeArrays;
import normuon.torch.OperatorKit;

/**
 * Runs only those tokens through the model whose keys and values are not in its cache: one, where a
 * sequence has grown by one; else, as where the context was full, the whole sequence. It keeps that
 * cache alone: the model's stages are acquired for each run.
 */
final class CachedDecoder implements Decoder {

  private final NDManager manager;
  private final OperatorKit kit;
  private final ModelStages stages;
  private final Stages weights;
  private final NativeArrays rotary;
  private final KeyValueCache cache;
  private final Long heads;
  private final Double epsilon;

  /**
   * Allocates a cache for a model.
   *
   * @param model must stay open and as it is
   * @param weights the model's, in its type
   */
  CachedDecoder(StagedGpt model, Stages weights) {
    GptConfiguration configuration = model.configuration();
    DataType type = model.type();
    manager = model.newManager();
    kit = OperatorKit.load(manager, CachedDecoder.class, "decoding.py");
    stages = ModelStages.of(configuration);
    this.weights = weights;
    rotary = RotaryEmbedding.tables(manager, configuration, type);
    cache = new KeyValueCache(manager, configuration, type);
    heads = (long) configuration.heads();
    epsilon = configuration.normEpsilon();
  }

  @Override
  public float[] logits(int[] tokens, int start, int end) {
    cache.reserve(end - start);
    int known = cache.known(tokens, start, end);
    // The operator takes one token, or all: what comes between is not worth a mask of its own.
    int position = end - start - known == 1 ? known : 0;
    // A failure leaves the arrays behind these half written.
    cache.holds(tokens, start, start + position);
    long[] fresh = Arrays.stream(tokens, start + position, end).asLongStream().toArray();
    try (NDManager step = manager.newSubManager()) {
      NDArray x = embed(step, step.create(fresh));
      for (int layer = 0; layer < stages.blocks(); layer++) {
        weights.prefetch(stages.block(layer) + 1);
        try (Held<Block> block = weights.block(layer)) {
          x = block(step, x, block.arrays(), cache.layer(layer), position);
        }
      }
      cache.holds(tokens, start, end);
      try (Held<NativeArrays> output = weights.output()) {
        return kit.compute(step, "last_logits", x, output.arrays(), epsilon).toFloatArray();
      }
    }
  }

  private NDArray embed(NDManager step, NDArray ids) {
    weights.prefetch(ModelStages.EMBEDDING);
    weights.prefetch(stages.block(0));
    try (Held<NDArray> embedding = weights.embedding()) {
      return kit.compute(step, "embed", embedding.arrays(), ids);
    }
  }

  /** The input is freed: of a long prompt only one block's arrays are there at a time. */
  private NDArray block(
      NDManager step, NDArray input, Block block, NativeArrays seen, long position) {
    try (input;
        NDArray attended =
            kit.compute(
                step, "attend", input, block.attention(), rotary, seen, position, heads, epsilon)) {
      return kit.compute(step, "feed_forward", attended, block.mlp(), epsilon);
    }
  }

  @Override
  public void close() {
    cache.close();
    rotary.close();
    kit.close();
    manager.close();
  }
}
