package normuon.job.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import normuon.job.train.RankFailure.Part;
import org.junit.jupiter.api.Test;

/** Of the failures that follow from each other, the message names the first. */
class AttemptFailureTest {

  private static final RankFailure FOLLOWER =
      failure(0, "0", "collect", Part.FOLLOWER, "PeerException: rank 1 closed its connection");
  private static final RankFailure WITNESS =
      failure(0, "0", "reduce", Part.WITNESS, "PeerException: bucket 0 did not come from rank 1");
  private static final RankFailure CAUSE =
      failure(1, "3", "broadcast", Part.CAUSE, "java.io.IOException: No space left on device");
  private static final RankPlace PLACE = new RankPlace(1, "3", "host");

  @Test
  void aRankThatFailedByItselfComesBeforeThoseThatFollow() {
    assertThat(describe(List.of(FOLLOWER, CAUSE), List.of(), List.of()))
        .isEqualTo(
            "rank 1 on host (executor 3, cpu) failed in step 57, broadcast: java.io.IOException: No"
                + " space left on device; its log: http://log/3");
  }

  @Test
  void aRankThatWasLostIsNamedThoughItCouldNotTell() {
    LostRank lost = new LostRank(PLACE, "Command exited with code 137");

    assertThat(describe(List.of(FOLLOWER), List.of(lost), List.of()))
        .isEqualTo(
            "rank 1 on host (executor 3) was lost in step 57, collect: Command exited with code 137;"
                + " its log: http://log/3");
    assertThat(describe(List.of(FOLLOWER, CAUSE), List.of(lost), List.of()))
        .as("it had told why")
        .startsWith("rank 1 on host (executor 3, cpu) failed");
  }

  @Test
  void anExecutorThatIsLostBetweenSegmentsIsNamedAndNotWhoMissesItsShard() {
    RankFailure restoring =
        failure(0, "0", "restore", Part.FOLLOWER, "LostShardException: it is not complete");
    LostRank lost = new LostRank(PLACE, "Command exited with code 137");

    assertThat(describe(List.of(restoring), List.of(lost), List.of()))
        .isEqualTo(
            "rank 1 on host (executor 3) was lost in step 57, restore: Command exited with code 137;"
                + " its log: http://log/3");
  }

  @Test
  void aRankThatIsFrozenIsNamedAndNotTheOneThatWaitedForIt() {
    LostRank replaced = new LostRank(PLACE, "Command exited with code 143");

    assertThat(describe(List.of(WITNESS), List.of(replaced), List.of(PLACE)))
        .isEqualTo(
            "rank 1 on host (executor 3) fell silent in step 57, reduce, and did not stop; rank 0:"
                + " PeerException: bucket 0 did not come from rank 1; its log: http://log/3");
  }

  @Test
  void aRankThatWaitedInVainComesBeforeThoseThatFollow() {
    assertThat(describe(List.of(FOLLOWER, WITNESS), List.of(), List.of()))
        .startsWith("rank 0 on host (executor 0, cpu) failed in step 57, reduce");
  }

  @Test
  void whereNothingIsKnownSparkSpeaks() {
    assertThat(describe(List.of(), List.of(), List.of())).isEqualTo("what Spark says");
    assertThat(describe(List.of(FOLLOWER), List.of(), List.of())).contains("closed its connection");
  }

  @Test
  void aLogThatIsNotKnownIsNotNamed() {
    assertThat(new AttemptFailure(List.of(CAUSE), List.of(), List.of()).describe(id -> "", ""))
        .endsWith("No space left on device");
  }

  private static String describe(
      List<RankFailure> reports, List<LostRank> lost, List<RankPlace> stuck) {
    return new AttemptFailure(reports, lost, stuck)
        .describe(executor -> "http://log/" + executor, "what Spark says");
  }

  private static RankFailure failure(
      int rank, String executorId, String phase, Part part, String cause) {
    return new RankFailure(rank, "host", executorId, "cpu", 57, phase, part, cause);
  }
}
