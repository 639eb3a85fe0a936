package normuon.job.comm;

import java.io.IOException;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import normuon.optimizer.shard.CollectiveException;
import org.apache.spark.api.plugin.PluginContext;

/** The way from a rank to the driver, through {@link RendezvousPlugin}. */
public final class RankChannel {

  private static final long POLL_MILLIS = 10;

  private static volatile PluginContext plugin;

  private RankChannel() {}

  static void open(PluginContext context) {
    plugin = context;
  }

  static void shut() {
    plugin = null;
  }

  /**
   * Sends a record to whoever follows the attempt on the driver. Does not wait.
   *
   * @param attemptId the attempt this rank runs in
   * @param content the record
   */
  public static void report(String attemptId, Serializable content) {
    try {
      plugin().send(new Report(attemptId, content));
    } catch (IOException e) {
      throw new CollectiveException("Cannot report to the driver: " + e.getMessage(), e);
    }
  }

  /** Waits until the driver has passed on all that this process reported. */
  public static void flush() {
    ask("");
  }

  static Rendezvous rendezvous() {
    return RankChannel::meet;
  }

  private static List<PeerAddress> meet(Membership self, PeerAddress address, Wait wait) {
    Registration registration =
        new Registration(
            self.attemptId(), self.worldSize(), self.rank(), address.host(), address.port());
    long end = System.nanoTime() + wait.deadline().toNanos();
    while (true) {
      // The answer is of a class of the JDK's: an executor reads it before it knows our classes.
      String[] known = (String[]) ask(registration);
      List<Integer> missing = missing(known);
      if (missing.isEmpty()) {
        return addresses(known);
      }
      String trouble =
          "Cannot bring rank "
              + self.rank()
              + " of attempt '"
              + self.attemptId()
              + "' together"
              + " with ranks "
              + missing;
      if (wait.stop().isRaised()) {
        throw wait.stop().exception(trouble);
      }
      if (System.nanoTime() >= end) {
        throw new PeerException(
            PeerException.Reason.SILENT,
            trouble + ": they did not come within " + wait.deadline(),
            null);
      }
      pause(trouble);
    }
  }

  private static List<Integer> missing(String[] known) {
    List<Integer> missing = new ArrayList<>();
    for (int rank = 0; rank < known.length; rank++) {
      if (known[rank] == null) {
        missing.add(rank);
      }
    }
    return missing;
  }

  private static List<PeerAddress> addresses(String[] known) {
    List<PeerAddress> addresses = new ArrayList<>();
    for (String address : known) {
      int colon = address.lastIndexOf(':');
      int port = Integer.parseInt(address.substring(colon + 1));
      addresses.add(new PeerAddress(addresses.size(), address.substring(0, colon), port));
    }
    return addresses;
  }

  private static void pause(String trouble) {
    try {
      TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new PeerException(PeerException.Reason.STOPPED, trouble + ": interrupted", e);
    }
  }

  private static Object ask(Serializable question) {
    try {
      return plugin().ask(question);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CollectiveException("Cannot ask the driver: interrupted", e);
    } catch (Exception e) {
      throw new CollectiveException("Cannot ask the driver: " + e.getMessage(), e);
    }
  }

  private static PluginContext plugin() {
    PluginContext current = plugin;
    if (current == null) {
      throw new IllegalStateException(
          "Cannot reach the driver: spark.plugins must name " + RendezvousPlugin.class.getName());
    }
    return current;
  }
}
