package normuon.job.plan;

import java.util.List;
import java.util.stream.Stream;
import normuon.job.config.TrainSettings;
import normuon.model.ActivationMemory;
import normuon.model.ModelStages;
import normuon.torch.ParameterSpec;

/**
 * What a rank that holds rows of the weights needs in the passes at one moment, in bytes.
 *
 * @param weights whole weights of the stages under way, and of the blocks that are kept
 * @param gradients whole gradients of the stages under way
 * @param backward what the backward pass of a micro-batch, or its loss, needs beyond what is saved
 */
record StageMemory(long weights, long gradients, long backward) {

  /** The moment at which most is needed. */
  static StageMemory most(PlannedModel model, int ranks) {
    ModelStages stages = model.stages();
    ActivationMemory activations = model.activations(ranks);
    long block = bytes(stages.specs(stages.block(0)));
    long output = bytes(stages.specs(stages.output()));
    long embedding = bytes(stages.specs(ModelStages.EMBEDDING));
    long kept = model.configuration().weights().keepGatheredBlocks() * block;
    long table = model.shape().tiedHead() ? embedding : 0;
    long narrowBlock = narrow(model, stages.block(0));
    return Stream.of(
            new StageMemory(
                output + narrow(model, stages.output()) + Math.max(kept, block),
                output,
                activations.loss()),
            new StageMemory(
                block + narrowBlock + Math.max(kept, block),
                output + block,
                activations.backward()),
            new StageMemory(2 * block + narrowBlock, 2 * block + table, activations.backward()),
            new StageMemory(embedding + block, 0, 0),
            new StageMemory(0, embedding + block, 0))
        .max((a, b) -> Long.compare(a.total(), b.total()))
        .orElseThrow();
  }

  private long total() {
    return weights + gradients + backward;
  }

  /** The copies in bfloat16 of a stage's weights while it computes. */
  private static long narrow(PlannedModel model, int stage) {
    if (model.configuration().train().precision() == TrainSettings.Precision.F32) {
      return 0;
    }
    return model.stages().specs(stage).stream()
            .filter(parameter -> ModelStages.multiplied(stage, parameter))
            .mapToLong(ParameterSpec::elements)
            .sum()
        * Short.BYTES;
  }

  private static long bytes(List<ParameterSpec> parameters) {
    return parameters.stream().mapToLong(ParameterSpec::elements).sum() * Float.BYTES;
  }
}
