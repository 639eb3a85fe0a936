package normuon.job.preflight;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import normuon.job.config.InvalidConfigurationException;
import normuon.job.config.PlacementSettings.Device;
import normuon.job.config.RunConfiguration;
import org.apache.spark.SparkConf;
import org.junit.jupiter.api.Test;

class SparkChecksTest {

  private static final String EXECUTOR = "spark.executor.resource.gpu.amount";
  private static final String TASK = "spark.task.resource.gpu.amount";

  private final SparkConf spark = new SparkConf(false);
  private final Findings findings = new Findings();

  @Test
  void oneGpuForEachTaskIsSound() {
    spark.set(EXECUTOR, "1").set(TASK, "1");

    new SparkChecks(spark, findings).check(Device.GPU);

    assertThat(findings.problems()).isEmpty();
  }

  @Test
  void allThatIsWrongIsToldAtOnceInOneLineEach() {
    spark.set("spark.dynamicAllocation.enabled", "true").set(TASK, "2").set(EXECUTOR, "1");
    RunConfiguration configuration = RunConfiguration.fromYaml("", "test");

    assertThatThrownBy(() -> Preflight.requireSettings(spark, configuration))
        .isInstanceOf(InvalidConfigurationException.class)
        .isInstanceOfSatisfying(
            PreflightException.class,
            failure ->
                assertThat(failure.problems())
                    .containsExactly(
                        "Invalid spark.dynamicAllocation.enabled true: a barrier stage cannot run"
                            + " with it; set it to false",
                        "Invalid spark.task.resource.gpu.amount 2: must be at most"
                            + " spark.executor.resource.gpu.amount 1; set both to 1"));
  }

  @Test
  void theAcceleratorOfQueriesIsKeptOffTheGpusThatTrain() {
    spark.set("spark.plugins", "a.Plugin,com.nvidia.spark.SQLPlugin");

    new SparkChecks(spark, findings).check(Device.GPU);

    assertThat(findings.problems())
        .containsExactly(
            "Invalid spark.plugins com.nvidia.spark.SQLPlugin: it takes the memory of an executor's"
                + " GPU at its start; leave it out of training, and prepare data with it in an"
                + " application of its own");
  }

  @Test
  void tasksMustAskForTheGpusOfTheirExecutors() {
    spark.set(EXECUTOR, "1");

    new SparkChecks(spark, findings).check(Device.CPU);
    assertThat(findings.problems()).as("nobody computes on them").isEmpty();
    new SparkChecks(spark, findings).check(Device.AUTO);

    assertThat(findings.problems())
        .containsExactly(
            "Invalid spark.task.resource.gpu.amount (not set): executors have"
                + " spark.executor.resource.gpu.amount 1, and no task would get one; set it to 1,"
                + " or placement.device to cpu");
  }

  @Test
  void slotsThatNeedGpusAreToldSo() {
    assertThat(SparkChecks.gpusOfSlots(spark)).isEmpty();
    assertThat(SparkChecks.gpusOfSlots(spark.set(EXECUTOR, "4").set(TASK, "1")))
        .isEqualTo(
            "; each slot takes spark.task.resource.gpu.amount 1 of an executor's"
                + " spark.executor.resource.gpu.amount 4, which must be at most what a worker offers"
                + " (spark.worker.resource.gpu.amount)");
  }
}
