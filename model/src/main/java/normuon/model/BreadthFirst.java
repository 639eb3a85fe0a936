package normuon.model;

import ai.djl.ndarray.NDArray;
import java.util.ArrayList;
import java.util.List;
import normuon.model.StageArrays.Block;
import normuon.torch.NativeArrays;

/**
 * Takes several micro-batches through a model stage by stage, all through one stage before the
 * next, so that a stage is acquired once forward and once backward, however many they are. Which
 * stages are announced and acquired, and when, does not depend on the micro-batches: ranks that
 * lend each other stages do the same even where one of them has none.
 */
final class BreadthFirst implements AutoCloseable {

  private final GptOperators operators;
  private final ActivationCheckpointing checkpointing;
  private final ModelStages stages;
  private final Stages weights;
  private final List<MicroBatchPass> passes = new ArrayList<>();

  BreadthFirst(
      GptOperators operators,
      ActivationCheckpointing checkpointing,
      ModelStages stages,
      Stages weights) {
    this.operators = operators;
    this.checkpointing = checkpointing;
    this.stages = stages;
    this.weights = weights;
  }

  /** To the last block's output, with nothing kept: for {@link #throughOutput}. */
  void forwardOnly(List<NDArray> ids) {
    embed(ids);
    forward(MicroBatchPass::forwardOnly);
  }

  /** The same with what {@link #backward} needs. */
  void forward(List<NDArray> ids) {
    embed(ids);
    forward(MicroBatchPass::forward);
  }

  private interface BlockPass {
    void run(MicroBatchPass pass, Block block);
  }

  private void embed(List<NDArray> ids) {
    weights.prefetch(ModelStages.EMBEDDING);
    weights.prefetch(stages.block(0));
    try (Held<NDArray> embedding = weights.embedding()) {
      for (NDArray each : ids) {
        passes.add(new MicroBatchPass(operators, checkpointing, embedding.arrays(), each));
      }
    }
  }

  private void forward(BlockPass run) {
    for (int layer = 0; layer < stages.blocks(); layer++) {
      weights.prefetch(stages.block(layer) + 1);
      try (Held<Block> block = weights.block(layer)) {
        for (MicroBatchPass pass : passes) {
          run.run(pass, block.arrays());
        }
      }
    }
  }

  /** What becomes of the last block's output of one micro-batch. */
  interface OutputPass<T> {
    T run(NativeArrays last, NativeArrays weights, int batch);
  }

  /** Ends a forward pass: one micro-batch's logits at a time. */
  <T> List<T> throughOutput(OutputPass<T> run) {
    try (Held<NativeArrays> output = weights.output()) {
      List<T> results = new ArrayList<>();
      for (int i = 0; i < passes.size(); i++) {
        try (MicroBatchPass pass = passes.get(i)) {
          results.add(run.run(pass.state(), output.arrays(), i));
        }
      }
      return results;
    }
  }

  /**
   * Adds the gradients of every weight · loss.
   *
   * @return the losses, unweighted
   */
  List<Double> backward(List<MicroBatch> batches, Stages gradients) {
    throughHead(batches, gradients);
    for (int layer = stages.blocks() - 1; layer >= 0; layer--) {
      if (layer > 0) {
        weights.prefetch(stages.block(layer - 1));
      }
      try (Held<Block> block = weights.block(layer);
          Held<Block> sums = gradients.block(layer)) {
        for (MicroBatchPass pass : passes) {
          pass.backward(block.arrays(), sums.arrays());
        }
      }
    }
    return throughEmbedding(gradients);
  }

  private void throughHead(List<MicroBatch> batches, Stages gradients) {
    weights.prefetch(stages.block(stages.blocks() - 1));
    try (Held<NativeArrays> output = weights.output();
        Held<NativeArrays> sums = gradients.output()) {
      for (int i = 0; i < batches.size(); i++) {
        passes.get(i).throughHead(output.arrays(), sums.arrays(), batches.get(i));
      }
    }
  }

  private List<Double> throughEmbedding(Stages gradients) {
    try (Held<NDArray> sum = gradients.embedding()) {
      passes.forEach(pass -> pass.embedBackward(sum.arrays()));
    }
    return passes.stream().map(MicroBatchPass::loss).toList();
  }

  @Override
  public void close() {
    passes.forEach(MicroBatchPass::close);
  }
}
