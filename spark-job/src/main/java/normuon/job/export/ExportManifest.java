package normuon.job.export;

import java.util.List;
import java.util.Map;

/**
 * Where an exported model comes from; the file {@code normuon.json} beside it, which also says that
 * the folder may be replaced by another export.
 *
 * @param format version of this layout
 * @param source the checkpoint or folder that was exported
 * @param step steps trained; null if the source does not say
 * @param tokens tokens trained on; null likewise
 * @param validationLoss nats per token after that step; null if it was not evaluated
 * @param validationTokens over how many tokens; null likewise
 * @param type what the weights were rounded to
 * @param weights number of weights
 * @param files what was written
 * @param provenance data, tokenizer and software that made the model
 * @param configuration the run's effective configuration
 */
record ExportManifest(
    int format,
    String source,
    Long step,
    Long tokens,
    Double validationLoss,
    Long validationTokens,
    String type,
    long weights,
    List<ExportedFile> files,
    Map<String, String> provenance,
    Map<String, Object> configuration) {

  static final String FILE_NAME = "normuon.json";
  static final int FORMAT = 1;

  /**
   * A file of the folder.
   *
   * @param file its name
   * @param bytes its size
   */
  record ExportedFile(String file, long bytes) {}
}
