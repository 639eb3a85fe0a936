package normuon.job.train;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDManager;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import normuon.job.comm.Ranks;
import normuon.optimizer.AdamW;
import normuon.optimizer.AdamWOptions;
import normuon.optimizer.CurvatureEstimator;
import normuon.optimizer.Muon;
import normuon.optimizer.NewtonSchulz;
import normuon.optimizer.NorMuon;
import normuon.optimizer.NorMuonOptions;
import normuon.optimizer.OptimizerOperators;
import normuon.optimizer.Precision;
import normuon.optimizer.Sophia;
import normuon.optimizer.SophiaOptions;
import normuon.torch.TorchRuntime;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Every rule comes to the same weights on any number of ranks, over real connections. */
class ShardedRulesTest {

  private static final int[] SEVERAL = {2, 3, 5};
  private static final Map<Integer, Ranks> CONNECTED = new HashMap<>();
  private static NDManager shared;
  private static OptimizerOperators operators;

  /** The published choices. */
  private enum Form {
    PAPER(NorMuonOptions.paper()),
    OFFICIAL(NorMuonOptions.official()),
    DION(NorMuonOptions.dion()),
    SPEEDRUN(NorMuonOptions.speedrun());

    private final NorMuonOptions options;

    Form(NorMuonOptions options) {
      this.options = options;
    }

    NorMuonOptions in(Precision precision) {
      NewtonSchulz iteration = options.newtonSchulz();
      return new NorMuonOptions(
          options.momentum(),
          new NewtonSchulz(iteration.method(), iteration.steps(), precision),
          options.secondMoment(),
          options.scale(),
          options.weightDecay());
    }
  }

  @BeforeAll
  static void connect() {
    shared = TorchRuntime.newManager();
    operators = OptimizerOperators.load(shared);
    CONNECTED.put(1, Ranks.connect(1));
    for (int ranks : SEVERAL) {
      CONNECTED.put(ranks, Ranks.connect(ranks));
    }
  }

  @AfterAll
  static void disconnect() {
    CONNECTED.values().forEach(Ranks::close);
    CONNECTED.clear();
    shared.close();
  }

  @ParameterizedTest
  @EnumSource
  void shardsOfNorMuonMakeTheWhole(Form form) {
    requireSameWeights(rule -> rule.train(new NorMuon(operators, form.in(Precision.F32))), 1e-6);
  }

  @ParameterizedTest
  @EnumSource
  void shardsOfMuonMakeTheWhole(Form form) {
    requireSameWeights(
        rule -> rule.train(new Muon(operators, form.in(Precision.F32).withoutNormalization())),
        1e-6);
  }

  @Test
  void shardsOfAdamWMakeTheWhole() {
    requireSameWeights(rule -> rule.train(new AdamW(operators, AdamWOptions.defaults())), 1e-6);
  }

  @ParameterizedTest
  @EnumSource
  void shardsOfSophiaMakeTheWhole(CurvatureEstimator estimator) {
    SophiaOptions options = new SophiaOptions(estimator, 0.965, 0.99, 10, 1);
    requireSameWeights(rule -> rule.train(new Sophia(operators, options)), 1e-6);
  }

  /**
   * The owner sees the same bits of a matrix however many ranks there are: else rounding to sixteen
   * bits would make the difference large.
   */
  @ParameterizedTest
  @EnumSource
  void ownersRoundToSixteenBitsAlike(Form form) {
    requireSameWeights(rule -> rule.train(new NorMuon(operators, form.in(Precision.BF16))), 0);
    requireSameWeights(
        rule -> rule.train(new Muon(operators, form.in(Precision.BF16).withoutNormalization())), 0);
  }

  private static void requireSameWeights(
      Function<ShardedRule, List<float[]>> training, double distance) {
    List<float[]> alone = train(training, 1).get(0);
    for (int ranks : SEVERAL) {
      List<List<float[]>> ofRanks = train(training, ranks);
      for (int i = 0; i < alone.size(); i++) {
        String matrix = "%s on %d ranks".formatted(ShardedRule.SPECS.get(i).name(), ranks);
        float[] ofFirst = ofRanks.get(0).get(i);
        assertThat(relativeDistance(ofFirst, alone.get(i)))
            .as(matrix)
            .isLessThanOrEqualTo(distance);
        for (List<float[]> ofRank : ofRanks) {
          assertThat(ofRank.get(i)).as("replicas of %s", matrix).isEqualTo(ofFirst);
        }
      }
    }
  }

  private static List<List<float[]>> train(
      Function<ShardedRule, List<float[]>> training, int ranks) {
    return CONNECTED
        .get(ranks)
        .run(
            (collectives, manager) ->
                training.apply(new ShardedRule(collectives, manager, operators)));
  }

  private static double relativeDistance(float[] actual, float[] expected) {
    double difference = 0;
    double norm = 0;
    for (int i = 0; i < expected.length; i++) {
      difference += Math.pow((double) actual[i] - expected[i], 2);
      norm += Math.pow(expected[i], 2);
    }
    return Math.sqrt(difference / norm);
  }
}
