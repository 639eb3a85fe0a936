package normuon.job.inference;

import ai.djl.ndarray.NDManager;
import java.io.IOException;
import java.io.Serializable;
import java.nio.LongBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import normuon.job.config.MixtureSettings;
import normuon.job.config.PlacementSettings;
import normuon.job.data.Batch;
import normuon.job.data.TokenMixture;
import normuon.job.data.TokenSplit;
import normuon.job.data.ValidationWindows;
import normuon.job.train.ModelBatch;
import normuon.job.train.Placement;
import normuon.job.train.RunFiles;
import normuon.model.StagedGpt;
import normuon.model.text.Tokenizer;
import normuon.torch.TorchRuntime;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.SparkFiles;

/**
 * The work of one rank: the loss of its share of the validation windows.
 *
 * @param model the folder of the model
 * @param tokens the folders of the tokens, of which those for validation are predicted
 * @param context the number of tokens that a window predicts
 * @param ranks the number of ranks
 * @param threads how many threads it computes with
 * @param device what it computes on
 */
record EvaluationTask(
    String model,
    List<MixtureSettings> tokens,
    int context,
    int ranks,
    int threads,
    PlacementSettings.Device device)
    implements Serializable {

  /** The most tokens of a batch. */
  private static final int BATCH_TOKENS = 4096;

  /** The most logits of a batch: 64 MiB. */
  private static final int BATCH_LOGITS = 1 << 24;

  EvaluationSums run(int rank) throws IOException {
    TorchRuntime.useThreads(threads);
    Configuration hadoop = RunFiles.of(model).hadoop();
    TrainedModel trained = TrainedModel.reopen(model, hadoop);
    Path copies = Path.of(SparkFiles.getRootDirectory(), "tokens");
    TokenSplit split = TokenMixture.openValidation(tokens, hadoop, copies);
    try (NDManager manager = TorchRuntime.newManager(Placement.here(rank, device).torchDevice());
        OpenModel opened = trained.openAsTrained(manager)) {
      int windowsPerBatch = windowsPerBatch(trained.shape().vocabularySize(), context);
      ValidationWindows windows =
          ValidationWindows.inWholeBatches(split, context, windowsPerBatch, ranks, rank);
      EvaluationSums sums = EvaluationSums.NONE;
      List<Batch> together = new ArrayList<>();
      for (Batch batch : windows.batches(windowsPerBatch)) {
        together.add(batch);
        if (together.size() == opened.batchesPerPass()) {
          sums = sums.plus(evaluate(together, opened.model(), trained.tokenizer()));
          together.clear();
        }
      }
      return sums.plus(evaluate(together, opened.model(), trained.tokenizer()));
    }
  }

  /** Of shapes alone, so that the same windows go together whatever the number of ranks is. */
  private static int windowsPerBatch(int vocabularySize, int context) {
    return Math.max(1, Math.min(BATCH_TOKENS, BATCH_LOGITS / vocabularySize) / context);
  }

  private static EvaluationSums evaluate(
      List<Batch> batches, StagedGpt model, Tokenizer tokenizer) {
    if (batches.isEmpty()) {
      return EvaluationSums.NONE;
    }
    try (NDManager pass = model.newManager()) {
      List<Double> losses =
          model.losses(batches.stream().map(batch -> ModelBatch.of(batch, pass, 1)).toList());
      EvaluationSums sums = EvaluationSums.NONE;
      for (int i = 0; i < losses.size(); i++) {
        Batch batch = batches.get(i);
        sums =
            sums.plus(
                EvaluationSums.of(
                    losses.get(i),
                    (long) batch.sequences() * batch.context(),
                    bytes(batch, tokenizer)));
      }
      return sums;
    }
  }

  /** After the token before it, as the first token of a text may be written in another way. */
  private static long bytes(Batch batch, Tokenizer tokenizer) {
    long bytes = 0;
    int[] window = new int[batch.context() + 1];
    LongBuffer targets = batch.targets().duplicate();
    for (int sequence = 0; sequence < batch.sequences(); sequence++) {
      window[0] = (int) batch.inputs().get(sequence * batch.context());
      for (int i = 1; i < window.length; i++) {
        window[i] = (int) targets.get();
      }
      bytes += tokenizer.textBytes(window) - tokenizer.textBytes(window[0]);
    }
    return bytes;
  }
}
