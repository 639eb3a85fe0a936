package normuon.job.train;

import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The ranks whose weights and state stay in this process between two segments of a run, so that a
 * segment need not read what the one before it wrote. Whoever takes a session owns it until he puts
 * it back.
 */
final class ResidentRanks {

  private static final Map<Integer, Resident> RESIDENTS = new ConcurrentHashMap<>();

  private record Resident(String runId, long step, RankSession session) {}

  private ResidentRanks() {}

  /** Takes the session of a rank after a step; whatever else was kept for the rank is freed. */
  static Optional<RankSession> take(String runId, int rank, long step) {
    Resident resident = RESIDENTS.remove(rank);
    if (resident == null) {
      return Optional.empty();
    }
    if (resident.runId.equals(runId) && resident.step == step) {
      return Optional.of(resident.session);
    }
    resident.session.close();
    return Optional.empty();
  }

  /** Keeps the session of a rank after a step. */
  static void put(String runId, int rank, long step, RankSession session) {
    Resident before = RESIDENTS.put(rank, new Resident(runId, step, session));
    if (before != null) {
      before.session.close();
    }
  }
}
