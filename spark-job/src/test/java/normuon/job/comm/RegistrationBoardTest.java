package normuon.job.comm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class RegistrationBoardTest {

  private final RegistrationBoard board = new RegistrationBoard();

  @Test
  void tellsEveryRankWhoIsThere() {
    assertThat(board.register(rank("a", 2, 1))).containsExactly(null, "host:7001");
    assertThat(board.register(rank("a", 2, 0))).containsExactly("host:7000", "host:7001");
    assertThat(board.register(rank("a", 2, 1))).containsExactly("host:7000", "host:7001");
  }

  @Test
  void keepsAttemptsApart() {
    board.register(rank("a", 2, 0));

    assertThat(board.register(rank("b", 2, 1))).containsExactly(null, "host:7001");
  }

  @Test
  void forgetsAttemptsThatAreOver() {
    board.register(rank("a", 2, 0));
    board.drop("a");
    assertThat(board.register(rank("a", 2, 1))).containsExactly(null, "host:7001");

    for (int attempt = 0; attempt < 16; attempt++) {
      board.register(rank("later " + attempt, 2, 0));
    }
    assertThat(board.register(rank("a", 2, 0))).containsExactly("host:7000", null);
  }

  @Test
  void refusesRanksThatCountDifferently() {
    board.register(rank("a", 2, 0));

    assertThatThrownBy(() -> board.register(rank("a", 3, 2)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("Invalid world size 3 of rank 2: the other ranks of attempt 'a' count 2");
  }

  private static Registration rank(String attempt, int worldSize, int rank) {
    return new Registration(attempt, worldSize, rank, "host", 7000 + rank);
  }
}
