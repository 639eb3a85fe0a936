package normuon.job.train;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDManager;
import java.util.Map;
import java.util.TreeMap;
import normuon.job.checkpoint.CheckpointTensor;
import normuon.job.config.RunConfiguration;
import normuon.model.Gpt;
import normuon.torch.ParameterSpec;
import normuon.torch.Role;
import normuon.torch.TorchRuntime;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the ranks of a real model keep together, counted in numbers. */
class RankStateTest {

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 5})
  void stateIsAsSmallAsTheRulesPromise(int ranks) {
    Map<String, Long> norMuon = numbers("{name: normuon}", ranks);
    Map<String, Long> muon = numbers("{name: muon}", ranks);
    Map<String, Long> adamW = numbers("{name: adamw}", ranks);

    for (ParameterSpec spec : StepRank.SPECS) {
      long mn = spec.elements();
      boolean matrix = spec.role() == Role.MATRIX;
      assertThat(norMuon).as(spec.toString()).containsEntry(spec.name(), mn);
      assertThat(state(norMuon, spec))
          .as("NorMuon's state of %s", spec)
          .isEqualTo(matrix ? mn + spec.rows() : 2 * mn);
      assertThat(state(muon, spec)).as("Muon's state of %s", spec).isEqualTo(matrix ? mn : 2 * mn);
      assertThat(state(adamW, spec)).as("AdamW's state of %s", spec).isEqualTo(2 * mn);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3})
  void blocksOfRowsKeepNoMoreAndBlocksOfColumnsTheirOwnRows(int ranks) {
    Map<String, Long> numbers =
        numbers(
            "{groups: [{pattern: '*.q_proj.weight', rule: normuon, learning_rate: 1,"
                + " weight_decay: 0, row_blocks: 2}, {pattern: '*.o_proj.weight', rule: normuon,"
                + " learning_rate: 1, weight_decay: 0, column_blocks: 2}]}",
            ranks);

    for (ParameterSpec spec : StepRank.SPECS) {
      if (spec.role() == Role.MATRIX) {
        int blocks = spec.name().contains("o_proj") ? 2 : 1;
        assertThat(state(numbers, spec))
            .as(spec.toString())
            .isEqualTo(spec.elements() + blocks * spec.rows());
      }
    }
  }

  private static long state(Map<String, Long> numbers, ParameterSpec spec) {
    return numbers.entrySet().stream()
        .filter(tensor -> tensor.getKey().startsWith(spec.name() + "."))
        .mapToLong(Map.Entry::getValue)
        .sum();
  }

  /** How many numbers the shards of all ranks hold of each tensor. */
  private static Map<String, Long> numbers(String optimizer, int ranks) {
    RunConfiguration configuration = RunConfiguration.fromYaml("optimizer: " + optimizer, "test");
    ModelPlan plan = ModelPlan.of(configuration, StepRank.SPECS, ranks);
    Map<String, Long> numbers = new TreeMap<>();
    for (int rank = 0; rank < ranks; rank++) {
      NDManager manager = TorchRuntime.newManager();
      try (RankState state =
          new RankState(
              manager,
              ReplicatedWeights.of(Gpt.create(manager, StepRank.MODEL, 1), new Place(rank, ranks)),
              UpdateRules.of(manager, configuration, StepRank.SPECS),
              plan.groups(),
              plan.buckets(),
              new Place(rank, ranks))) {
        for (CheckpointTensor tensor : state.shard()) {
          long ofRow = tensor.array().size() / tensor.array().getShape().get(0);
          numbers.merge(tensor.name(), tensor.rows().rows() * ofRow, Long::sum);
        }
      }
    }
    return numbers;
  }
}
