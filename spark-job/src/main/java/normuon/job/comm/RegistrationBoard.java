package normuon.job.comm;

import java.util.LinkedHashMap;
import java.util.Map;

/** Where the driver keeps the addresses of the ranks of each attempt. */
final class RegistrationBoard {

  /** More than run at once; those not heard of for longest are forgotten. */
  private static final int ATTEMPTS = 16;

  private final Map<String, String[]> attempts =
      new LinkedHashMap<>(ATTEMPTS, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, String[]> eldest) {
          return size() > ATTEMPTS;
        }
      };

  /**
   * Takes note of a rank.
   *
   * @return the addresses known so far as {@code host:port}, by rank; null where unknown
   */
  synchronized String[] register(Registration registration) {
    String[] addresses =
        attempts.computeIfAbsent(
            registration.attemptId(), attempt -> new String[registration.worldSize()]);
    if (addresses.length != registration.worldSize()) {
      throw new IllegalArgumentException(
          "Invalid world size "
              + registration.worldSize()
              + " of rank "
              + registration.rank()
              + ": the other ranks of attempt '"
              + registration.attemptId()
              + "' count "
              + addresses.length);
    }
    addresses[registration.rank()] = registration.host() + ":" + registration.port();
    return addresses.clone();
  }

  /** Forgets an attempt. */
  synchronized void drop(String attemptId) {
    attempts.remove(attemptId);
  }
}
