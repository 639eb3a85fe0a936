package normuon.job.train;

import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;

/**
 * The ranks whose weights and state stay in this process between two segments of a run, so that a
 * segment need not read what the one before it wrote. Whoever takes a session owns it until he puts
 * it back.
 */
final class ResidentRanks {

  private static final Map<Integer, Resident> RESIDENTS = new ConcurrentHashMap<>();

  private record Resident(String runId, int worldSize, long step, RankSession session) {

    boolean fits(String runId, int worldSize, long step) {
      return this.runId.equals(runId) && this.worldSize == worldSize && this.step == step;
    }
  }

  private ResidentRanks() {}

  /**
   * Takes the session of a rank after a step. Whatever was kept for another run, step or number of
   * ranks is freed.
   */
  static Optional<RankSession> take(String runId, Place place, long step) {
    Set<Integer> ranks = Set.copyOf(RESIDENTS.keySet());
    ranks.forEach(rank -> free(rank, resident -> !resident.fits(runId, place.worldSize(), step)));
    return Optional.ofNullable(RESIDENTS.remove(place.rank())).map(Resident::session);
  }

  private static void free(int rank, Predicate<Resident> outdated) {
    RESIDENTS.computeIfPresent(
        rank,
        (key, resident) -> {
          if (!outdated.test(resident)) {
            return resident;
          }
          resident.session.close();
          return null;
        });
  }

  /** Keeps the session of a rank after a step. */
  static void put(String runId, Place place, long step, RankSession session) {
    Resident before =
        RESIDENTS.put(place.rank(), new Resident(runId, place.worldSize(), step, session));
    if (before != null) {
      before.session.close();
    }
  }
}
