package normuon.job.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WeightsConfigurationTest {

  private static final String VERIFY = "train.verify_replicas_every_steps";

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          weights.layout=zero | Invalid weights.layout "zero" (--set): must be one of replicated, sharded
          weights.shard_group=-1 | Invalid weights.shard_group -1 (--set): must be a whole number at least 0
          weights.shard_group=2 | Invalid weights.shard_group 2 (--set): must be 0 where weights.layout is "replicated" (default)
          weights.layout=sharded weights.shard_group=3 | Invalid weights.shard_group 3 (--set): must be at most train.ranks 2 (default), or 0 for all of them
          weights.layout=sharded weights.shard_group=3 train.ranks=4 | Invalid weights.shard_group 3 (--set): must divide train.ranks 4 (--set), or be 0 for all of them
          weights.keep_gathered_blocks=-1 | Invalid weights.keep_gathered_blocks -1 (--set): must be a whole number at least 0
          weights.keep_gathered_blocks=3 | Invalid weights.keep_gathered_blocks 3 (--set): must be at most model.layers 2 (default)
          weights.layout=sharded optimizer.name=sophia_h | Invalid weights.layout "sharded" (--set): must be replicated where optimizer.name or the rule of a group is sophia_h, which needs all weights at once; sophia_g does not
          weights.layout=sharded train.verify_replicas_every_steps=5 | Invalid train.verify_replicas_every_steps 5 (--set): must be 0 where weights.layout is "sharded" (--set) and weights.shard_group 0 (default), as no weight is held twice
          weights.layout=sharded weights.shard_group=2 train.verify_replicas_every_steps=5 | Invalid train.verify_replicas_every_steps 5 (--set): must be 0 where weights.layout is "sharded" (--set) and weights.shard_group 2 (--set)
          """)
  void whatDoesNotGoTogetherIsRefused(String assignments, String message) {
    assertThatThrownBy(() -> load(assignments.strip().split(" ")))
        .isInstanceOf(InvalidConfigurationException.class)
        .hasMessageContaining(message.strip());
  }

  @Test
  void groupOfSophiaHNeedsAllWeights() {
    assertThatThrownBy(
            () ->
                load(
                    "weights.layout=sharded",
                    "optimizer.groups=[{pattern: a, rule: sophia_h, learning_rate: 1, weight_decay:"
                        + " 0}]"))
        .hasMessageContaining("must be replicated where optimizer.name or the rule of a group");
    assertThat(load("weights.layout=sharded", "optimizer.name=sophia_g").weights().isSharded())
        .isTrue();
  }

  @Test
  void replicasAreVerifiedByDefaultWhereThereAreAny() {
    assertThat(verified()).isEqualTo(100);
    assertThat(verified("train.ranks=1")).isEqualTo(100);
    assertThat(verified("train.ranks=1", VERIFY + "=5")).isEqualTo(5);
    assertThat(verified("weights.layout=sharded")).isZero();
    assertThat(verified("weights.layout=sharded", VERIFY + "=0")).isZero();
    String[] pairs = {"train.ranks=4", "weights.layout=sharded", "weights.shard_group=2"};
    assertThat(verified(pairs)).isEqualTo(100);
  }

  @Test
  void effectiveConfigurationOfAShardedRunIsAllowed() {
    RunConfiguration configuration = load("weights.layout=sharded");

    assertThat(RunConfiguration.fromYaml(configuration.toYaml(), "config.yaml"))
        .isEqualTo(configuration);
  }

  @Test
  void runOfBeforeThereWereLayoutsIsReplicated() {
    String older = load().toYaml().replaceFirst("weights:\\n( +.*\\n)+", "");

    assertThat(older).doesNotContain("keep_gathered_blocks");
    assertThat(RunConfiguration.fromYaml(older, "config.yaml")).isEqualTo(load());
  }

  private static int verified(String... assignments) {
    return load(assignments).train().verifyReplicasEverySteps();
  }

  private static RunConfiguration load(String... assignments) {
    return new ConfigurationLoader()
        .load(new ConfigurationSources(Optional.empty(), Map.of(), List.of(assignments)));
  }
}
