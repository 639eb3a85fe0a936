package normuon.job.train;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.spark.SparkContext;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerExecutorAdded;
import org.apache.spark.scheduler.SparkListenerExecutorRemoved;

/** Follows which executors come and go, between segments too. */
final class ExecutorWatch extends SparkListener implements AutoCloseable {

  private final SparkContext spark;
  private final Map<String, String> lost = new ConcurrentHashMap<>();
  private final AtomicInteger changes = new AtomicInteger();

  private ExecutorWatch(SparkContext spark) {
    this.spark = spark;
  }

  /** Begins to follow the executors of an application. */
  static ExecutorWatch of(SparkContext spark) {
    ExecutorWatch watch = new ExecutorWatch(spark);
    spark.addSparkListener(watch);
    return watch;
  }

  @Override
  public void onExecutorAdded(SparkListenerExecutorAdded event) {
    changes.incrementAndGet();
  }

  @Override
  public void onExecutorRemoved(SparkListenerExecutorRemoved event) {
    lost.put(event.executorId(), event.reason());
    changes.incrementAndGet();
  }

  /** How often executors have come or gone. */
  int changes() {
    return changes.get();
  }

  /** Those ranks whose executors are lost. */
  List<LostRank> lost(List<RankPlace> places) {
    return places.stream()
        .filter(place -> lost.containsKey(place.executorId()))
        .map(place -> new LostRank(place, lost.get(place.executorId())))
        .toList();
  }

  @Override
  public void close() {
    spark.removeSparkListener(this);
  }
}
