package normuon.job.inference;

import ai.djl.ndarray.NDManager;
import normuon.model.ComputeOptions;
import normuon.model.Gpt;
import normuon.model.StagedGpt;

/**
 * A model that predicts.
 *
 * @param model computes
 * @param batchesPerPass how many batches are best predicted together: many where a pass reads all
 *     weights from storage
 * @param weights frees the weights
 */
public record OpenModel(StagedGpt model, int batchesPerPass, AutoCloseable weights)
    implements AutoCloseable {

  /** All weights in memory. */
  static OpenModel resident(Gpt model) {
    return new OpenModel(model.staged(), 1, model);
  }

  /** The weights of two stages in memory at a time. */
  static OpenModel streamed(TrainedModel trained, NDManager manager) {
    StoredStages stages = trained.stages(manager);
    try {
      StagedGpt model =
          StagedGpt.borrowing(manager, trained.shape(), ComputeOptions.DEFAULT, stages);
      return new OpenModel(
          model,
          trained.shape().layers(),
          () -> {
            try (stages) {
              model.close();
            }
          });
    } catch (RuntimeException | Error e) {
      stages.close();
      throw e;
    }
  }

  @Override
  public void close() {
    try {
      weights.close();
    } catch (RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new IllegalStateException("Cannot close a model", e);
    }
  }
}
