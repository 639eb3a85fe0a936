package normuon.job.retrain;

import java.util.List;
import java.util.Map;

/**
 * What became of a generation: the file {@code verdict.json}, its last.
 *
 * @param generation its number
 * @param parent the number of the generation that it was compared with; 0 for none
 * @param outcome what became of it
 * @param reason why, in one line
 * @param decided when, in ISO-8601
 * @param checkpoint its model
 * @param steps the steps it was trained for
 * @param uses how often the data of each generation was trained on
 * @param losses what was measured; of the first generation its own loss on its own data alone
 * @param tokenizerSha256 the hash of the tokenizer's vocabulary
 * @param versions the software that trained it
 */
public record Verdict(
    int generation,
    int parent,
    Outcome outcome,
    String reason,
    String decided,
    String checkpoint,
    int steps,
    List<DataUse> uses,
    List<Loss> losses,
    String tokenizerSha256,
    Map<String, String> versions) {

  /** The name of the file in the folder of the generation. */
  static final String FILE_NAME = "verdict.json";

  /** What became of a generation. */
  public enum Outcome {
    /** It is the model to use. */
    PROMOTED,
    /** It is worse than the model in use. */
    NOT_PROMOTED,
    /** Its training diverged. */
    DIVERGED
  }

  /** Which model was measured. */
  public enum Model {
    /** The one that is in use. */
    PARENT,
    /** The one that was trained. */
    CANDIDATE
  }

  /** What it was measured on. */
  public enum ValidationSet {
    /** The validation sets of all generations that it descends from. */
    OLD,
    /** That of the rows that are new. */
    NEW
  }

  /**
   * A loss.
   *
   * @param model which model
   * @param data on which rows
   * @param nats mean over all predicted tokens, in nats per token
   * @param tokens predicted tokens
   */
  public record Loss(Model model, ValidationSet data, double nats, long tokens) {}
}
