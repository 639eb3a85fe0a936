package normuon.optimizer.shard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ShardGroupTest {

  @Test
  void ranksOfAGroupFollowEachOther() {
    ShardGroup group = new ShardGroup(6, 3, 4);

    assertThat(group.groups()).isEqualTo(2);
    assertThat(group.index()).isEqualTo(1);
    assertThat(group.position()).isEqualTo(1);
    assertThat(group.members()).containsExactly(3, 4, 5);
    assertThat(group.isMember(3)).isTrue();
    assertThat(group.isMember(2)).isFalse();
    assertThat(group.holders(2)).containsExactly(2, 5);
  }

  @Test
  void aGroupOfAllRanksDividesRowsAmongAll() {
    ShardGroup group = ShardGroup.whole(4, 1);

    assertThat(group).isEqualTo(new ShardGroup(4, 4, 1));
    assertThat(group.rows(10)).isEqualTo(RowShard.of(10, 4, 1));
    assertThat(group.holders(3)).containsExactly(3);
  }

  @ParameterizedTest(name = "{0} ranks in groups of {1}, {2} rows")
  @CsvSource({"4, 2, 7", "6, 3, 2", "6, 2, 6", "5, 5, 3", "4, 1, 9"})
  void everyGroupHoldsEveryRowOnce(int worldSize, int size, long rows) {
    for (int index = 0; index < worldSize / size; index++) {
      long next = 0;
      for (int member : new ShardGroup(worldSize, size, index * size).members()) {
        ShardGroup group = new ShardGroup(worldSize, size, member);
        assertThat(group.rows(rows).start()).as("first row of rank %d", member).isEqualTo(next);
        assertThat(group.holders(group.position())).contains(member);
        next = group.rows(rows).end();
      }
      assertThat(next).as("rows of group %d", index).isEqualTo(rows);
    }
  }

  @ParameterizedTest(name = "rank {2} of {0} in groups of {1}")
  @CsvSource(
      delimiter = '|',
      value = {
        "0 | 1 | 0 | Invalid world size 0: must be positive",
        "6 | 4 | 0 | Invalid shard group of 4 ranks: must be of a number that divides the 6 ranks",
        "6 | 0 | 0 | Invalid shard group of 0 ranks: must be of a number that divides the 6 ranks",
        "6 | 3 | 6 | Invalid rank 6: must be from 0 to 5"
      })
  void refusesWhatDoesNotFit(int worldSize, int size, int rank, String message) {
    assertThatThrownBy(() -> new ShardGroup(worldSize, size, rank))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(message);
  }
}
