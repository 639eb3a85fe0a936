package normuon.optimizer.shard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.function.ToLongFunction;
import normuon.torch.ParameterSpec;
import normuon.torch.Role;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OwnerPlanTest {

  private static final ToLongFunction<ParameterSpec> ELEMENTS = ParameterSpec::elements;

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 5, 8})
  void ownsEveryMatrixOnceWhateverTheOrder(int worldSize) {
    List<ParameterSpec> matrices = decoder(4, 128, 344);
    OwnerPlan plan = OwnerPlan.of(matrices, worldSize, ELEMENTS);
    List<ParameterSpec> shuffled = new ArrayList<>(matrices);
    Collections.shuffle(shuffled, new Random(1));
    OwnerPlan same = OwnerPlan.of(shuffled, worldSize, ELEMENTS);

    List<ParameterSpec> owned = new ArrayList<>();
    for (int rank = 0; rank < worldSize; rank++) {
      assertThat(same.owned(rank)).as("rank %d", rank).isEqualTo(plan.owned(rank));
      assertThat(plan.load(rank)).isEqualTo(plan.owned(rank).stream().mapToLong(ELEMENTS).sum());
      for (ParameterSpec matrix : plan.owned(rank)) {
        assertThat(plan.owner(matrix.name())).isEqualTo(rank);
      }
      owned.addAll(plan.owned(rank));
    }
    assertThat(owned).containsExactlyInAnyOrderElementsOf(matrices);
  }

  @Test
  void givesEachMatrixToTheLeastLoadedRankLargestFirst() {
    // By hand: 7 to rank 0, 6 to 1, 5 to 1 (6 < 7), 4 to 0, 3 to 0 (11 = 11, the lower rank).
    OwnerPlan plan =
        OwnerPlan.of(
            List.of(row("c", 5), row("e", 3), row("a", 7), row("d", 4), row("b", 6)), 2, ELEMENTS);
    assertThat(plan.owned(0)).extracting(ParameterSpec::name).containsExactly("a", "d", "e");
    assertThat(plan.owned(1)).extracting(ParameterSpec::name).containsExactly("b", "c");
    assertThat(plan.imbalance()).isCloseTo(14 / 12.5, within(1e-12));
  }

  @Test
  void breaksTiesByName() {
    OwnerPlan plan =
        OwnerPlan.of(List.of(row("b", 1), row("d", 1), row("a", 1), row("c", 1)), 2, ELEMENTS);
    assertThat(plan.owned(0)).extracting(ParameterSpec::name).containsExactly("a", "c");
    assertThat(plan.owned(1)).extracting(ParameterSpec::name).containsExactly("b", "d");
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3, 4, 8})
  void isWithinFivePercentFromEightMatricesPerRankUp(int worldSize) {
    List<ParameterSpec> matrices = decoder(12, 768, 3072);
    OwnerPlan plan = OwnerPlan.of(matrices, worldSize, ELEMENTS);
    assertThat(matrices).hasSizeGreaterThanOrEqualTo(8 * worldSize);
    assertThat(plan.imbalance()).isBetween(1.0, 1.05);
  }

  @Test
  void leavesRanksIdleIfThereAreFewMatrices() {
    OwnerPlan plan = OwnerPlan.of(List.of(row("a", 4)), 3, ELEMENTS);
    assertThat(plan.owned(2)).isEmpty();
    assertThat(plan.imbalance()).isEqualTo(3);
    assertThat(OwnerPlan.of(List.of(), 3, ELEMENTS).imbalance()).isEqualTo(1);
    assertThat(OwnerPlan.of(List.of(), 3, ELEMENTS).buckets(1)).isEmpty();
  }

  @Test
  void sendsSmallMatricesTogetherAndLargeOnesAlone() {
    OwnerPlan plan =
        OwnerPlan.of(
            List.of(row("a", 30), row("b", 25), row("c", 9), row("d", 8), row("e", 7)),
            1,
            ELEMENTS);
    assertThat(plan.buckets(64).stream().map(OwnerPlanTest::names))
        .containsExactly(List.of("a"), List.of("b"), List.of("c", "d"), List.of("e"));
    assertThat(plan.buckets(64).get(2).bytes()).isEqualTo(68);
    assertThat(plan.buckets(1)).hasSize(5);
    assertThat(plan.buckets(Long.MAX_VALUE)).hasSize(1);
  }

  @Test
  void letsOwnersTakeTurns() {
    List<Bucket> buckets = OwnerPlan.of(decoder(4, 128, 344), 3, ELEMENTS).buckets(1 << 18);
    assertThat(buckets.subList(0, 6)).extracting(Bucket::owner).containsExactly(0, 1, 2, 0, 1, 2);
    assertThat(buckets.stream().flatMap(bucket -> bucket.matrices().stream()))
        .containsExactlyInAnyOrderElementsOf(decoder(4, 128, 344));
  }

  @Test
  void describesItselfAsATable() {
    assertThat(OwnerPlan.of(List.of(row("a", 30), row("b", 10)), 2, ELEMENTS).describe().lines())
        .containsExactly(
            "rank  matrices    parameters  load / mean",
            "   0         1            30        1.500",
            "   1         1            10        0.500");
  }

  @Test
  void refusesWhatIsNoPlan() {
    assertThatThrownBy(() -> OwnerPlan.of(List.of(), 0, ELEMENTS))
        .hasMessage("Invalid number of ranks 0: must be at least 1");
    assertThatThrownBy(() -> OwnerPlan.of(List.of(row("a", 1), row("a", 2)), 1, ELEMENTS))
        .hasMessage("Invalid parameters: the name a must be unique");
    OwnerPlan plan = OwnerPlan.of(List.of(row("a", 1)), 1, ELEMENTS);
    assertThatThrownBy(() -> plan.owner("b"))
        .hasMessage("Matrix b does not exist in the owner plan");
    assertThatThrownBy(() -> plan.buckets(0))
        .hasMessage("Invalid bucket size 0 bytes: must be at least 1");
  }

  private static List<String> names(Bucket bucket) {
    return bucket.matrices().stream().map(ParameterSpec::name).toList();
  }

  private static ParameterSpec row(String name, long elements) {
    return new ParameterSpec(name, new long[] {1, elements}, Role.MATRIX);
  }

  private static List<ParameterSpec> decoder(int layers, long width, long mlpWidth) {
    List<ParameterSpec> matrices = new ArrayList<>();
    for (int layer = 0; layer < layers; layer++) {
      for (String name : List.of("q", "k", "v", "o")) {
        matrices.add(matrix(layer + "." + name, width, width));
      }
      matrices.add(matrix(layer + ".gate", mlpWidth, width));
      matrices.add(matrix(layer + ".up", mlpWidth, width));
      matrices.add(matrix(layer + ".down", width, mlpWidth));
    }
    return matrices;
  }

  private static ParameterSpec matrix(String name, long rows, long columns) {
    return new ParameterSpec(name, new long[] {rows, columns}, Role.MATRIX);
  }
}
