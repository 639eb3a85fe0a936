package normuon.job.inference;

import java.io.IOException;
import java.util.Optional;
import normuon.job.checkpoint.HadoopFolder;
import normuon.job.config.InvalidConfigurationException;
import normuon.job.config.WeightsSettings;
import normuon.model.GptConfiguration;
import normuon.model.hub.HubFiles;
import normuon.model.hub.HubModel;
import normuon.model.hub.InvalidModelException;
import normuon.model.text.Tokenizer;

/**
 * Opens models of Hugging Face's layout.
 *
 * @param files the folder of one, fully qualified
 */
record HubSource(HadoopFolder files) {

  /**
   * Compares the folder's tensors with its configuration, and reads its tokenizer.
   *
   * @throws InvalidConfigurationException if it is no model that this program can be
   */
  TrainedModel open() throws IOException {
    try (HubModel stored = HubModel.open(files)) {
      stored.requireTiedHead();
      Tokenizer tokenizer =
          stored
              .tokenizer()
              .orElseThrow(
                  () ->
                      new InvalidConfigurationException(
                          "Cannot open model %s: %s does not exist"
                              .formatted(files, HubFiles.TOKENIZER)));
      requireRows(stored.configuration(), tokenizer);
      return new TrainedModel(
          files.path(),
          stored.configuration(),
          tokenizer,
          Optional.empty(),
          WeightsSettings.Layout.REPLICATED,
          () -> HubModel.open(files));
    } catch (InvalidModelException | IllegalArgumentException invalid) {
      throw new InvalidConfigurationException(
          "Cannot open model %s: %s".formatted(files, invalid.getMessage()), invalid);
    }
  }

  /** A model may have more tokens than its tokenizer, but must know all of these. */
  private void requireRows(GptConfiguration shape, Tokenizer tokenizer) {
    if (tokenizer.vocabularySize() > shape.vocabularySize()) {
      throw new InvalidConfigurationException(
          "Cannot open model %s: %s has %d tokens, and vocab_size in %s is %d; must be at least as many"
              .formatted(
                  files,
                  HubFiles.TOKENIZER,
                  tokenizer.vocabularySize(),
                  HubFiles.CONFIGURATION,
                  shape.vocabularySize()));
    }
  }
}
