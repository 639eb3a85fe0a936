package normuon.job.train;

import java.io.Serializable;
import normuon.job.comm.PeerException;
import normuon.job.comm.RankChannel;
import normuon.optimizer.shard.CollectiveException;
import org.apache.spark.SparkEnv;
import org.apache.spark.TaskContext;
import org.apache.spark.resource.ResourceInformation;

/**
 * What a rank tells the driver when it fails, before its task ends.
 *
 * @param rank the rank
 * @param host its host
 * @param executorId Spark's number of its executor
 * @param device {@code cpu}, or {@code gpu} with the address that Spark gave the task
 * @param step the step it was at
 * @param phase what it did for that step
 * @param part its part in the failure of the attempt
 * @param cause the exception, in one line
 */
record RankFailure(
    int rank,
    String host,
    String executorId,
    String device,
    long step,
    String phase,
    Part part,
    String cause)
    implements Serializable {

  /** The part that a rank has in the failure of an attempt. */
  enum Part {
    /** It failed by itself. */
    CAUSE,
    /** It waited in vain for another rank, which is silent but connected. */
    WITNESS,
    /** It stopped because another rank had failed. */
    FOLLOWER
  }

  /** The failure of a rank whose task this thread runs. */
  static RankFailure of(int rank, Activity activity, Throwable failure) {
    TaskContext task = TaskContext.get();
    SparkEnv environment = SparkEnv.get();
    ResourceInformation gpu = task.resourcesJMap().get("gpu");
    return new RankFailure(
        rank,
        environment.blockManager().blockManagerId().host(),
        environment.executorId(),
        gpu == null ? "cpu" : "gpu " + String.join(" ", gpu.addresses()),
        activity.step(),
        activity.phase(),
        task.isInterrupted() ? Part.FOLLOWER : part(failure),
        cause(failure));
  }

  /**
   * Tells the driver, from the task that fails.
   *
   * @param failure what this was made of
   * @return what the task is to end with; an error is thrown as it is
   */
  RuntimeException report(String attemptId, Throwable failure) {
    try {
      RankChannel.report(attemptId, this);
      if (part == Part.CAUSE) {
        RankChannel.flush();
      }
    } catch (RuntimeException unreachable) {
      failure.addSuppressed(unreachable);
    }
    if (part == Part.FOLLOWER) {
      return new CollectiveException(
          "Rank " + rank + " stops, as another has failed: the driver says which", failure);
    }
    if (failure instanceof Error error) {
      throw error;
    }
    return failure instanceof RuntimeException unchecked
        ? unchecked
        : new IllegalStateException("Cannot train: " + failure, failure);
  }

  private static String cause(Throwable failure) {
    String type = failure.getClass().getSimpleName();
    String message = failure.getMessage();
    return message == null ? type : type + ": " + message.lines().findFirst().orElse("");
  }

  private static Part part(Throwable failure) {
    if (failure instanceof LostShardException) {
      return Part.FOLLOWER;
    }
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof PeerException peer) {
        return peer.reason() == PeerException.Reason.SILENT ? Part.WITNESS : Part.FOLLOWER;
      }
    }
    return Part.CAUSE;
  }

  @Override
  public String toString() {
    return "rank %d on %s (executor %s, %s) failed in step %d, %s: %s"
        .formatted(rank, host, executorId, device, step, phase, cause);
  }
}
