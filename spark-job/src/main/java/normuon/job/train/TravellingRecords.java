package normuon.job.train;

import java.util.List;
import normuon.job.checkpoint.ShardFile;

/** What the training sends between driver and executors as data, for the serializer to know. */
public final class TravellingRecords {

  private TravellingRecords() {}

  /** The records; those they hold are known through them. */
  public static List<Class<? extends Record>> all() {
    return List.of(TrainingPlan.class, SegmentResult.class, ShardFile.class);
  }
}
