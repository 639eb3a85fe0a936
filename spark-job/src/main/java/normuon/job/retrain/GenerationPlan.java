package normuon.job.retrain;

import java.util.List;
import java.util.stream.IntStream;
import normuon.job.config.RetrainSettings;
import normuon.job.config.SourceSettings;
import normuon.job.data.TokenManifest.Source;

/**
 * What a generation is made of, settled before any work: the file {@code plan.json}.
 *
 * @param generation its number, from 1
 * @param parent the number of the promoted generation that it goes on from; 0 for none
 * @param ancestors the numbers of all promoted generations that it descends from, ascending
 * @param parentCheckpoint the checkpoint of the parent; empty for none
 * @param begun when the plan was made, in ISO-8601
 * @param sources what of each source is read: what came since the parent
 * @param settings how it is trained and judged
 */
public record GenerationPlan(
    int generation,
    int parent,
    List<Integer> ancestors,
    String parentCheckpoint,
    String begun,
    List<Source> sources,
    RetrainSettings settings) {

  /** The name of the file in the folder of the generation. */
  static final String FILE_NAME = "plan.json";

  /** Whether it was made with these columns and filters. */
  boolean isOf(List<SourceSettings> now) {
    return sources.size() == now.size()
        && IntStream.range(0, now.size())
            .allMatch(
                i ->
                    sources.get(i).textColumn().equals(now.get(i).textColumn())
                        && sources.get(i).keyColumn().equals(now.get(i).keyColumn())
                        && sources.get(i).filter().equals(now.get(i).filter()));
  }

  /** Whether it was made with settings, wherever the line lies now. */
  boolean isOf(RetrainSettings now) {
    return settings.oldShare() == now.oldShare()
        && settings.epochsOfNewData() == now.epochsOfNewData()
        && settings.tokens() == now.tokens()
        && settings.inherit() == now.inherit()
        && settings.tolerance() == now.tolerance();
  }
}
