package normuon.job.plan;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.TreeSet;
import java.util.stream.IntStream;
import normuon.job.config.InvalidConfigurationException;
import normuon.job.config.RunConfiguration;
import normuon.job.config.WeightsSettings;
import normuon.job.config.WeightsSettings.Layout;

/** The memory of a run's ranks in every layout of its weights, on any number of ranks. */
public final class Layouts {

  private static final int LARGEST_CLUSTER = 1024;

  /** Groups that are shown beside the one that is configured: those of the most ranks. */
  private static final int SHOWN_GROUPS = 2;

  private static final long MEBIBYTE = 1L << 20;

  private final PlannedModel model;

  Layouts(PlannedModel model) {
    this.model = model;
  }

  /**
   * Prepares to say what layouts take.
   *
   * @param vocabularySize tokens of the tokenizer
   * @throws InvalidConfigurationException if the configuration fits no model
   */
  public static Layouts of(RunConfiguration configuration, int vocabularySize) {
    return new Layouts(PlannedModel.of(configuration, vocabularySize));
  }

  /** The rank that needs the most in the configured layout, without a heap. */
  public RankMemory heaviest(int ranks) {
    return RankMemory.heaviest(model, ranks, 0);
  }

  /** Every layout that these ranks can have; of groups the configured one and some others. */
  List<LayoutMemory> on(int ranks) {
    return candidates(ranks).stream()
        .map(each -> LayoutMemory.of(each, ranks, RankMemory.heaviest(each, ranks, 0)))
        .toList();
  }

  private List<PlannedModel> candidates(int ranks) {
    WeightsSettings configured = model.configuration().weights();
    List<PlannedModel> candidates = new ArrayList<>();
    candidates.add(with(Layout.REPLICATED, 0));
    if (!model.needsAllWeights()) {
      candidates.add(with(Layout.SHARDED, 0));
      TreeSet<Integer> groups = new TreeSet<>();
      IntStream.iterate(ranks / 2, group -> group > 1, group -> group - 1)
          .filter(group -> ranks % group == 0)
          .limit(SHOWN_GROUPS)
          .forEach(groups::add);
      if (configured.shardGroup() > 0 && configured.shardGroup() < ranks) {
        groups.add(configured.shardGroup());
      }
      groups.descendingSet().forEach(group -> candidates.add(with(Layout.SHARDED, group)));
    }
    return candidates;
  }

  private PlannedModel with(Layout layout, int shardGroup) {
    int kept = model.configuration().weights().keepGatheredBlocks();
    return model.with(new WeightsSettings(layout, shardGroup, kept));
  }

  /** The native memory of a process, or of several that share a limit. */
  @FunctionalInterface
  public interface Demand {

    /**
     * What they take.
     *
     * @param heaviest the rank that needs the most
     * @param ranks the ranks of the run: all in one process where it is the driver's, else more of
     *     them come with more processes
     * @return bytes
     */
    long bytes(RankMemory heaviest, int ranks);
  }

  /**
   * The words for ranks that do not fit, and the layouts and numbers of ranks that would.
   *
   * @param ranks the ranks there are
   * @param who the process that has too little memory
   * @param bytesThere what that process has beside its heap, in bytes
   * @param limit the name of what limits it
   * @param demand what that process takes
   */
  public String refusal(int ranks, String who, long bytesThere, String limit, Demand demand) {
    StringBuilder text =
        new StringBuilder(
            "Invalid weights.layout %s on %d ranks: %s needs %dm beside its heap and has %dm (%s)"
                .formatted(
                    model.describeLayout(),
                    ranks,
                    who,
                    mebibytes(demand.bytes(heaviest(ranks), ranks)),
                    Math.max(0, bytesThere) / MEBIBYTE,
                    limit));
    int most = Math.max(ranks, mostRanks());
    List<PlannedModel> others = new ArrayList<>(List.of(model));
    boolean holdsRowsOfAll = model.isSharded() && model.groupSize(ranks) == ranks;
    if (!holdsRowsOfAll && !model.needsAllWeights()) {
      others.add(with(Layout.SHARDED, 0));
    }
    for (PlannedModel other : others) {
      OptionalInt fitting = fewestRanks(other, ranks, most, bytesThere, demand);
      text.append("; ").append(verdict(other, fitting, most, demand));
    }
    return text.toString();
  }

  private static String verdict(PlannedModel other, OptionalInt fitting, int most, Demand demand) {
    if (fitting.isEmpty()) {
      return "weights.layout %s fits on no number of ranks up to %d"
          .formatted(other.describeLayout(), most);
    }
    int ranks = fitting.getAsInt();
    return "weights.layout %s on %d ranks needs %dm"
        .formatted(
            other.describeLayout(),
            ranks,
            mebibytes(demand.bytes(RankMemory.heaviest(other, ranks, 0), ranks)));
  }

  /** Each rank needs a sequence of every step. */
  private int mostRanks() {
    return Math.min(LARGEST_CLUSTER, model.configuration().train().sequencesPerStep());
  }

  private static OptionalInt fewestRanks(
      PlannedModel model, int from, int most, long bytes, Demand demand) {
    int unit = Math.max(1, model.configuration().weights().shardGroup());
    return ScalingLimit.counts(most).stream()
        .mapToInt(ranks -> (ranks + unit - 1) / unit * unit)
        .filter(ranks -> ranks >= from && ranks <= most)
        .distinct()
        .filter(ranks -> demand.bytes(RankMemory.heaviest(model, ranks, 0), ranks) <= bytes)
        .findFirst();
  }

  private static long mebibytes(long bytes) {
    return (bytes + MEBIBYTE - 1) / MEBIBYTE;
  }
}
