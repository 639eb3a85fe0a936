package normuon.job.retrain;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import normuon.job.data.TokenManifest.Source;

/**
 * The model in use and where it comes from: the file {@code promoted.json} of a line, which is
 * replaced as a whole.
 *
 * @param generation the number of its generation
 * @param parent the number of the generation that was in use before; 0 for none
 * @param ancestors the numbers of all generations that it descends from, ascending
 * @param runDirectory the run that trained it
 * @param checkpoint the model
 * @param tokenizerSha256 the hash of the tokenizer's vocabulary
 * @param sources what of each source it and its ancestors were trained on
 * @param losses what was measured before it was promoted
 * @param decided when, in ISO-8601
 * @param versions the software that trained it
 */
public record Promotion(
    int generation,
    int parent,
    List<Integer> ancestors,
    String runDirectory,
    String checkpoint,
    String tokenizerSha256,
    List<Source> sources,
    List<Verdict.Loss> losses,
    String decided,
    Map<String, String> versions) {

  /** The name of the file in the directory of the line. */
  public static final String FILE_NAME = "promoted.json";

  /** The generations whose data was trained on, this one included. */
  List<Integer> descent() {
    List<Integer> descent = new ArrayList<>(ancestors);
    descent.add(generation);
    return List.copyOf(descent);
  }
}
