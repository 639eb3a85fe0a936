package normuon.job.preflight;

import java.util.OptionalInt;
import normuon.job.config.PlacementSettings;
import org.apache.spark.SparkConf;

/** What must hold of Spark's settings, whatever the cluster. */
final class SparkChecks {

  private static final String EXECUTOR_GPUS = "spark.executor.resource.gpu.amount";
  private static final String TASK_GPUS = "spark.task.resource.gpu.amount";
  private static final String DYNAMIC_ALLOCATION = "spark.dynamicAllocation.enabled";

  private static final String PLUGINS = "spark.plugins";
  private static final String RAPIDS = "com.nvidia.spark.SQLPlugin";

  private final SparkConf spark;
  private final Findings findings;

  SparkChecks(SparkConf spark, Findings findings) {
    this.spark = spark;
    this.findings = findings;
  }

  void check(PlacementSettings.Device device) {
    if (spark.getBoolean(DYNAMIC_ALLOCATION, false)) {
      findings.problem(
          "Invalid %s true: a barrier stage cannot run with it; set it to false"
              .formatted(DYNAMIC_ALLOCATION));
    }
    if (spark.get(PLUGINS, "").contains(RAPIDS)) {
      findings.problem(
          "Invalid %s %s: it takes the memory of an executor's GPU at its start; leave it out of training, and prepare data with it in an application of its own"
              .formatted(PLUGINS, RAPIDS));
    }
    OptionalInt executor = amount(EXECUTOR_GPUS);
    OptionalInt task = amount(TASK_GPUS);
    if (task.orElse(0) > executor.orElse(0)) {
      findings.problem(
          "Invalid %s %d: must be at most %s %s; set both to 1"
              .formatted(TASK_GPUS, task.orElse(0), EXECUTOR_GPUS, shown(executor)));
    }
    boolean computesOnGpu = device != PlacementSettings.Device.CPU;
    if (executor.orElse(0) > 0 && task.orElse(0) == 0 && computesOnGpu) {
      findings.problem(
          "Invalid %s %s: executors have %s %d, and no task would get one; set it to 1, or placement.device to cpu"
              .formatted(TASK_GPUS, shown(task), EXECUTOR_GPUS, executor.orElse(0)));
    }
  }

  /** What to add where there are too few slots; empty if they need no GPU. */
  static String gpusOfSlots(SparkConf spark) {
    return spark.contains(EXECUTOR_GPUS)
        ? "; each slot takes %s %s of an executor's %s %s, which must be at most what a worker offers (spark.worker.resource.gpu.amount)"
            .formatted(
                TASK_GPUS, spark.get(TASK_GPUS, "0"), EXECUTOR_GPUS, spark.get(EXECUTOR_GPUS))
        : "";
  }

  private static String shown(OptionalInt amount) {
    return amount.isEmpty() ? "(not set)" : Integer.toString(amount.getAsInt());
  }

  /** Spark allows fractions for tasks, of which several then share a GPU. */
  private OptionalInt amount(String key) {
    return spark.contains(key)
        ? OptionalInt.of((int) Math.ceil(spark.getDouble(key, 0)))
        : OptionalInt.empty();
  }
}
