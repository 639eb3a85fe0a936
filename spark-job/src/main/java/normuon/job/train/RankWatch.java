package normuon.job.train;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.apache.spark.ExecutorLostFailure;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerStageSubmitted;
import org.apache.spark.scheduler.SparkListenerTaskEnd;
import org.apache.spark.scheduler.SparkListenerTaskStart;

/**
 * Follows the tasks of one attempt on the driver. Spark ends a barrier stage for its caller as soon
 * as one task fails, while others still run and hold their slots.
 */
final class RankWatch extends SparkListener {

  /** The local property by which the attempt's stage is known. */
  static final String ATTEMPT = "normuon.attempt";

  private final String attemptId;
  private final Set<Integer> stages = new HashSet<>();
  private final Map<Long, RankPlace> running = new HashMap<>();
  private final List<LostRank> lost = new ArrayList<>();
  private OptionalLong firstEnd = OptionalLong.empty();

  RankWatch(String attemptId) {
    this.attemptId = attemptId;
  }

  @Override
  public synchronized void onStageSubmitted(SparkListenerStageSubmitted event) {
    if (attemptId.equals(event.properties().getProperty(ATTEMPT))) {
      stages.add(event.stageInfo().stageId());
    }
  }

  @Override
  public synchronized void onTaskStart(SparkListenerTaskStart event) {
    if (stages.contains(event.stageId())) {
      running.put(
          event.taskInfo().taskId(),
          new RankPlace(
              event.taskInfo().index(), event.taskInfo().executorId(), event.taskInfo().host()));
    }
  }

  @Override
  public synchronized void onTaskEnd(SparkListenerTaskEnd event) {
    RankPlace place = running.remove(event.taskInfo().taskId());
    if (place != null && event.reason() instanceof ExecutorLostFailure failure) {
      lost.add(new LostRank(place, failure.reason().getOrElse(() -> "for no known reason")));
    }
    if (place != null && event.taskInfo().successful() && firstEnd.isEmpty()) {
      firstEnd = OptionalLong.of(System.nanoTime());
    }
    notifyAll();
  }

  /**
   * Where ranks still run though another has ended well for longer than it may take. No peer waits
   * for one that was frozen after the last exchange of a segment.
   */
  synchronized List<RankPlace> overdue(Duration longest) {
    boolean late =
        firstEnd.isPresent() && System.nanoTime() - firstEnd.getAsLong() > longest.toNanos();
    return late ? running() : List.of();
  }

  /** Where ranks run now. */
  synchronized List<RankPlace> running() {
    return List.copyOf(running.values());
  }

  /** The ranks that were lost with their executors, in the order in which Spark noticed. */
  synchronized List<LostRank> lost() {
    return List.copyOf(lost);
  }

  /** Waits until no rank runs any more; whether that came to be. */
  synchronized boolean awaitEnd(Duration longest) {
    long end = System.nanoTime() + longest.toNanos();
    try {
      while (!running.isEmpty() && System.nanoTime() < end) {
        TimeUnit.NANOSECONDS.timedWait(this, end - System.nanoTime());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return running.isEmpty();
  }
}
