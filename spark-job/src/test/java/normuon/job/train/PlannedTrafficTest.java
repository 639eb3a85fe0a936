package normuon.job.train;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.io.IOException;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.LongStream;
import normuon.job.comm.Ranks;
import normuon.job.comm.TransportCollectives;
import normuon.job.comm.WirePrecision;
import normuon.job.config.RunConfiguration;
import normuon.job.data.TestTokens;
import normuon.job.data.TokenSplit;
import normuon.job.plan.ClusterRates;
import normuon.job.plan.Flow;
import normuon.job.plan.RunPlan;
import normuon.job.plan.StepTraffic;
import normuon.model.Gpt;
import normuon.optimizer.shard.Transfer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a plan foretells against what a real step over the real transport does. */
class PlannedTrafficTest {

  private static final String SETTINGS =
      """
      model: {layers: 2, heads: 2, key_value_heads: 1, width: 12, context: 8, mlp_width: 21, query_key_norm: true}
      train: {ranks: %d, sequences_per_step: 6, precision: %s}
      communication: {bucket_bytes: 1024, precision: %s}
      """;

  @TempDir private Path folder;

  /** The operations of a step. */
  private enum Operation {
    REDUCE_SCATTER,
    ALL_REDUCE,
    COLLECT,
    BROADCAST,
    ALL_GATHER
  }

  private record Measured(
      Map<Operation, Long> sent, long received, long buffers, long state, long rank) {}

  @ParameterizedTest(name = "{0} ranks, {1}")
  @CsvSource({"1, f32", "2, f32", "3, f32", "1, bf16", "2, bf16", "3, bf16"})
  void aStepSendsAndKeepsWhatWasPlanned(int ranks, String precision) throws IOException {
    RunConfiguration configuration =
        RunConfiguration.fromYaml(SETTINGS.formatted(ranks, "f32", precision), "test");
    RunPlan plan =
        RunPlan.of(configuration, StepRank.MODEL.vocabularySize(), 0, ClusterRates.defaults(1));

    List<Measured> measured = measure(configuration, ranks);

    StepTraffic all = plan.allTraffic();
    assertThat(sent(measured, Operation.REDUCE_SCATTER)).isEqualTo(all.reduceScatter().sentBytes());
    assertThat(sent(measured, Operation.ALL_REDUCE)).isEqualTo(all.allReduce().sentBytes());
    assertThat(sent(measured, Operation.COLLECT)).isEqualTo(all.collect().sentBytes());
    assertThat(sent(measured, Operation.BROADCAST)).isEqualTo(all.broadcast().sentBytes());
    assertThat(sent(measured, Operation.ALL_GATHER)).isEqualTo(all.allGather().sentBytes());
    assertThat(measured.stream().mapToLong(Measured::received).sum())
        .isEqualTo(all.total().receivedBytes())
        .isEqualTo(all.total().sentBytes());
    assertThat(measured).extracting(Measured::buffers).allMatch(b -> b <= buffers(plan, ranks));
    assertThat(measured.get(plan.memory().rank()).state())
        .isEqualTo(
            plan.memory().weights()
                + plan.memory().momentumRows()
                + plan.memory().secondMoments()
                + plan.memory().elementMoments());
  }

  @Test
  void halfPrecisionHalvesAllButTheNumbers() {
    StepTraffic whole = traffic("f32");
    StepTraffic half = traffic("bf16");

    assertThat(2 * half.reduceScatter().sentBytes()).isEqualTo(whole.reduceScatter().sentBytes());
    assertThat(2 * half.collect().sentBytes()).isEqualTo(whole.collect().sentBytes());
    assertThat(2 * half.broadcast().sentBytes()).isEqualTo(whole.broadcast().sentBytes());
    assertThat(2 * half.allGather().sentBytes()).isEqualTo(whole.allGather().sentBytes());
    assertThat(half.allReduce()).isEqualTo(whole.allReduce());
    assertThat(half.broadcast().sentMessages()).isEqualTo(whole.broadcast().sentMessages());
  }

  private static StepTraffic traffic(String precision) {
    RunConfiguration configuration =
        RunConfiguration.fromYaml(SETTINGS.formatted(2, "f32", precision), "test");
    return RunPlan.of(configuration, StepRank.MODEL.vocabularySize(), 0, ClusterRates.defaults(1))
        .allTraffic();
  }

  @Test
  void sophiaReducesItsCurvatureToo() throws IOException {
    RunConfiguration configuration =
        RunConfiguration.fromYaml(
            SETTINGS.formatted(2, "f32", "f32")
                + "optimizer: {name: sophia_g, sophia: {refresh_every: 1}}\n",
            "test");
    StepTraffic all =
        RunPlan.of(configuration, StepRank.MODEL.vocabularySize(), 0, ClusterRates.defaults(1))
            .allTraffic();

    List<Measured> measured = measure(configuration, 2);

    assertThat(all.curvature().sentBytes()).isPositive();
    assertThat(measured.stream().mapToLong(Measured::received).sum())
        .isEqualTo(all.total().sentBytes() + all.curvature().sentBytes());
  }

  @ParameterizedTest(name = "{0} ranks in groups of {1}, {2}, products in {5}, {3} kept, {4}")
  @CsvSource({
    "1, 0, f32, 1, normuon, f32",
    "2, 0, f32, 0, normuon, f32",
    "3, 0, f32, 1, normuon, bf16",
    "3, 0, bf16, 2, normuon, f32",
    "4, 2, f32, 1, normuon, f32",
    "4, 2, bf16, 0, normuon, bf16",
    "6, 2, f32, 1, normuon, f32",
    "2, 0, f32, 1, sophia_g, bf16"
  })
  void ranksThatHoldRowsSendAndKeepWhatWasPlanned(
      int ranks, int group, String precision, int kept, String optimizer, String products)
      throws IOException {
    RunConfiguration configuration =
        RunConfiguration.fromYaml(
            SETTINGS.formatted(ranks, products, precision)
                + "optimizer: {name: %s, sophia: {refresh_every: 1}}\n".formatted(optimizer)
                + "weights: {layout: sharded, shard_group: %d, keep_gathered_blocks: %d}\n"
                    .formatted(group, kept),
            "test");
    RunPlan plan =
        RunPlan.of(configuration, StepRank.MODEL.vocabularySize(), 0, ClusterRates.defaults(1));

    List<Measured> measured = measure(configuration, ranks);

    StepTraffic all = plan.allTraffic();
    assertThat(measured.stream().mapToLong(Measured::received).sum())
        .isEqualTo(all.total().sentBytes() + all.curvature().sentBytes())
        .isEqualTo(all.total().receivedBytes() + all.curvature().receivedBytes());
    assertThat(sent(measured, Operation.COLLECT)).isEqualTo(all.collect().sentBytes());
    assertThat(measured.get(plan.memory().rank()).state())
        .isEqualTo(
            plan.memory().weights()
                + plan.memory().momentumRows()
                + plan.memory().secondMoments()
                + plan.memory().elementMoments());
  }

  /** Buffers of less than 256 bytes take that much; the tiny model has many. */
  private static long buffers(RunPlan plan, int ranks) {
    long messages =
        List.<Function<StepTraffic, Flow>>of(
                StepTraffic::allReduce, StepTraffic::collect, StepTraffic::broadcast)
            .stream()
            .mapToLong(operation -> operation.apply(plan.traffic()).sentMessages())
            .sum();
    return plan.memory().transportBuffers()
        + plan.memory().earlyMessages()
        + 256 * 2 * messages * ranks;
  }

  private static WirePrecision precision(RunConfiguration configuration) {
    return RankTask.options(configuration.communication()).precision();
  }

  private static long sent(List<Measured> measured, Operation operation) {
    return measured.stream().mapToLong(rank -> rank.sent().getOrDefault(operation, 0L)).sum();
  }

  private List<Measured> measure(RunConfiguration configuration, int ranks) throws IOException {
    TokenSplit tokens =
        TestTokens.split(folder, LongStream.range(0, 600).map(i -> i * i % 11).toArray());
    int group = Place.of(0, ranks, configuration.weights()).groupSize();
    try (Ranks connected = Ranks.connectGroups(ranks, group, precision(configuration))) {
      return connected.run(
          (collectives, manager) -> {
            Counting counting = new Counting(collectives);
            StepRank rank =
                new StepRank(
                    configuration,
                    UpdateRules.routing(configuration.optimizer()).groups(StepRank.SPECS),
                    tokens,
                    counting,
                    manager,
                    (owner, place) -> weights(configuration, owner, place));
            try (WeightLayout layout = rank.layout()) {
              rank.step().run(Progress.START);
              assertThat(layout.overlap().isPresent())
                  .isEqualTo(configuration.weights().isSharded());
            }
            long state =
                rank.state().restored().stream()
                    .mapToLong(tensor -> tensor.array().size() * Float.BYTES)
                    .sum();
            return new Measured(
                counting.sent,
                collectives.traffic().bytesReceived(),
                collectives.bufferBytes(),
                state,
                collectives.rank());
          });
    }
  }

  private static RankWeights weights(
      RunConfiguration configuration, NDManager manager, Place place) {
    return configuration.weights().isSharded()
        ? ShardedWeights.create(
            manager,
            new ShardedWeights.Options(
                StepRank.MODEL,
                ModelPlan.computeOptions(configuration.train()),
                configuration.weights().keepGatheredBlocks()),
            1,
            place)
        : ReplicatedWeights.of(Gpt.create(manager, StepRank.MODEL, 1), place);
  }

  /** Collectives that note what each operation sends. */
  private static final class Counting extends ForwardingCollectives {

    private final TransportCollectives transport;
    private final Map<Operation, Long> sent = new EnumMap<>(Operation.class);

    Counting(TransportCollectives transport) {
      super(transport);
      this.transport = transport;
    }

    @Override
    public void reduceScatter(List<NDArray> whole, List<NDArray> rows) {
      long before = transport.traffic().bytesSent();
      super.reduceScatter(whole, rows);
      count(Operation.REDUCE_SCATTER, before);
    }

    @Override
    public double[] allReduce(double... values) {
      long before = transport.traffic().bytesSent();
      double[] sums = super.allReduce(values);
      count(Operation.ALL_REDUCE, before);
      return sums;
    }

    @Override
    public Transfer gather(int owner, List<NDArray> rows, List<NDArray> whole) {
      long before = transport.traffic().bytesSent();
      Transfer transfer = super.gather(owner, rows, whole);
      count(Operation.COLLECT, before);
      return transfer;
    }

    @Override
    public Transfer broadcast(int owner, List<NDArray> arrays) {
      long before = transport.traffic().bytesSent();
      Transfer transfer = super.broadcast(owner, arrays);
      count(Operation.BROADCAST, before);
      return transfer;
    }

    @Override
    public Transfer allGather(List<NDArray> rows, List<NDArray> whole) {
      long before = transport.traffic().bytesSent();
      Transfer transfer = super.allGather(rows, whole);
      count(Operation.ALL_GATHER, before);
      return transfer;
    }

    private void count(Operation operation, long before) {
      sent.merge(operation, transport.traffic().bytesSent() - before, Long::sum);
    }
  }
}
