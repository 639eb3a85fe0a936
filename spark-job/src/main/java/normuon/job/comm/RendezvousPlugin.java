package normuon.job.comm;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.Consumer;
import org.apache.spark.SparkContext;
import org.apache.spark.api.plugin.DriverPlugin;
import org.apache.spark.api.plugin.ExecutorPlugin;
import org.apache.spark.api.plugin.PluginContext;
import org.apache.spark.api.plugin.SparkPlugin;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where ranks meet: a plugin of Spark's that hands their addresses round by way of the driver, and
 * carries records from them to the driver. Name it in {@code spark.plugins}.
 *
 * <p>Spark's own {@code BarrierTaskContext.allGather} would do for the addresses, but takes a
 * second.
 */
public final class RendezvousPlugin implements SparkPlugin {

  private static final Logger LOG = LoggerFactory.getLogger(RendezvousPlugin.class);
  private static final RegistrationBoard BOARD = new RegistrationBoard();
  private static final ConcurrentMap<String, Consumer<Object>> SUBSCRIBERS =
      new ConcurrentHashMap<>();

  /**
   * Follows an attempt from the driver.
   *
   * @param attemptId the attempt
   * @param consumer gets each record that {@link RankChannel#report} sends, one at a time and in
   *     each rank's order, on a thread of Spark's that it must not block
   * @return ends the subscription and forgets the attempt when closed
   */
  public static Subscription subscribe(String attemptId, Consumer<Object> consumer) {
    if (SUBSCRIBERS.putIfAbsent(attemptId, consumer) != null) {
      throw new IllegalStateException("Cannot subscribe to attempt '" + attemptId + "' twice");
    }
    return () -> {
      SUBSCRIBERS.remove(attemptId, consumer);
      BOARD.drop(attemptId);
    };
  }

  @Override
  public DriverPlugin driverPlugin() {
    return new Driver();
  }

  @Override
  public ExecutorPlugin executorPlugin() {
    return new Executor();
  }

  /** A subscription to the records of one attempt. */
  @FunctionalInterface
  public interface Subscription extends AutoCloseable {
    @Override
    void close();
  }

  private static final class Driver implements DriverPlugin {

    @Override
    public Map<String, String> init(SparkContext context, PluginContext plugin) {
      return Map.of();
    }

    /** Answers at once: Spark calls this from one thread for all ranks. */
    @Override
    public Object receive(Object message) {
      if (message instanceof Registration registration) {
        return BOARD.register(registration);
      }
      if (message instanceof Report report) {
        pass(report);
      }
      return null;
    }

    private static void pass(Report report) {
      Consumer<Object> subscriber = SUBSCRIBERS.get(report.attemptId());
      if (subscriber == null) {
        LOG.debug("Nobody follows attempt {}: dropping {}", report.attemptId(), report.content());
        return;
      }
      try {
        subscriber.accept(report.content());
      } catch (RuntimeException e) {
        LOG.error("The subscriber of attempt {} failed", report.attemptId(), e);
      }
    }
  }

  private static final class Executor implements ExecutorPlugin {

    @Override
    public void init(PluginContext context, Map<String, String> settings) {
      RankChannel.open(context);
    }

    @Override
    public void shutdown() {
      RankChannel.shut();
    }
  }
}
