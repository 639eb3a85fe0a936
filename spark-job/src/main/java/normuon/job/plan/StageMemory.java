package normuon.job.plan;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import normuon.model.ActivationMemory;
import normuon.model.ModelStages;
import normuon.torch.ParameterSpec;

/**
 * What a rank that holds rows of the weights needs in the passes at one moment, in bytes. A stage's
 * weights are whole while it computes, those of the stage that comes after it are on their way, and
 * the last blocks' stay where they are kept; its gradients are whole while it computes, and until
 * they are reduced while the next stage does. The embedding's gradients last from the output on if
 * it is the head, too.
 *
 * @param weights whole weights, and their copies to multiply with
 * @param gradients whole gradients
 * @param backward what the backward pass of a micro-batch, or its loss, needs beyond what is saved
 */
record StageMemory(long weights, long gradients, long backward) {

  /** The moment at which most is needed. */
  static StageMemory most(PlannedModel model, int ranks) {
    ModelStages stages = model.stages();
    ActivationMemory activations = model.activationsTogether(ranks);
    long embedding = bytes(stages.specs(ModelStages.EMBEDDING));
    long block = bytes(stages.specs(stages.block(0)));
    long output = bytes(stages.specs(stages.output()));
    int layers = model.shape().layers();
    int kept = model.configuration().weights().keepGatheredBlocks();
    long table = model.shape().tiedHead() ? embedding : 0;
    List<StageMemory> moments = new ArrayList<>();
    moments.add(new StageMemory(embedding + block, 0, 0));
    moments.add(
        new StageMemory(
            output + narrow(model, stages.output()) + Math.max(kept, 1) * block,
            output,
            activations.loss()));
    for (int layer = layers - 1; layer >= 0; layer--) {
      int keptBefore = Math.max(0, layer - (layers - kept));
      int onTheWay = keptBefore == 0 && layer > 0 ? 1 : 0;
      moments.add(
          new StageMemory(
              (1 + keptBefore + onTheWay) * block + narrow(model, stages.block(layer)),
              layer == layers - 1 ? output + block : 2 * block + table,
              activations.backward()));
    }
    moments.add(new StageMemory(0, embedding + block, 0));
    return moments.stream().max(Comparator.comparingLong(StageMemory::total)).orElseThrow();
  }

  private long total() {
    return weights + gradients + backward;
  }

  /** The copies in bfloat16 of a stage's weights while it computes. */
  private static long narrow(PlannedModel model, int stage) {
    return model.rounded(stage).stream().mapToLong(ParameterSpec::elements).sum() * Short.BYTES;
  }

  private static long bytes(List<ParameterSpec> parameters) {
    return parameters.stream().mapToLong(ParameterSpec::elements).sum() * Float.BYTES;
  }
}
