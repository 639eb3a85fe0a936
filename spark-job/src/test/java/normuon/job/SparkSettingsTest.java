package normuon.job;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import normuon.job.config.RunConfiguration;
import normuon.job.config.SourceSettings;
import normuon.job.config.SourceSettings.Format;
import org.apache.spark.SparkConf;
import org.junit.jupiter.api.Test;

class SparkSettingsTest {

  private static final RunConfiguration CONFIGURATION =
      RunConfiguration.fromYaml("train.threads_per_rank: 3", "test");

  @Test
  void whatTheJobDependsOnIsSet() {
    SparkConf spark = SparkSettings.prepare(new SparkConf(false), CONFIGURATION);

    assertThat(spark.get("spark.serializer")).endsWith(".KryoSerializer");
    assertThat(spark.get("spark.kryo.registrationRequired")).isEqualTo("true");
    assertThat(spark.get("spark.kryo.registrator")).isEqualTo("normuon.job.KryoRegistration");
    assertThat(spark.get("spark.plugins"))
        .isEqualTo("normuon.job.comm.RendezvousPlugin,normuon.job.metrics.MetricsPlugin");
    assertThat(spark.get("spark.dynamicAllocation.enabled")).isEqualTo("false");
    assertThat(spark.get("spark.executorEnv.OMP_NUM_THREADS")).isEqualTo("3");
    assertThat(spark.get("spark.executorEnv.MALLOC_MMAP_THRESHOLD_")).isEqualTo("1048576");
    assertThat(spark.get("spark.executorEnv.MALLOC_TRIM_THRESHOLD_")).isEqualTo("67108864");
    assertThat(spark.get("spark.metrics.namespace")).isEqualTo("${spark.app.name}");
    assertThat(spark.get("spark.metrics.conf.driver.sink.prometheusServlet.path"))
        .isEqualTo("/metrics/prometheus");
    assertThat(spark.get("spark.task.reaper.enabled")).isEqualTo("true");
  }

  @Test
  void deltaTablesNeedNoSettingsOfTheUser() {
    List<SourceSettings> sources =
        List.of(new SourceSettings(Format.DELTA, "/lake/a", "", "text", "", "", -1));
    SparkConf user = new SparkConf(false).set("spark.sql.extensions", "my.Extension");

    SparkConf spark = SparkSettings.ofPreparation(user, sources, Map.of());

    assertThat(spark.get("spark.sql.extensions"))
        .isEqualTo("my.Extension,io.delta.sql.DeltaSparkSessionExtension");
    assertThat(spark.get("spark.sql.catalog.spark_catalog"))
        .isEqualTo("org.apache.spark.sql.delta.catalog.DeltaCatalog");
    assertThat(spark.contains("spark.plugins")).as("left to an accelerator").isFalse();
    assertThat(SparkSettings.ofPreparation(spark, sources, Map.of()).get("spark.sql.extensions"))
        .as("prepared twice")
        .isEqualTo(spark.get("spark.sql.extensions"));
    assertThat(
            SparkSettings.ofPreparation(new SparkConf(false), List.of(), Map.of())
                .contains("spark.sql.extensions"))
        .isFalse();
  }

  @Test
  void whatTheUserSetStaysBesideIt() {
    SparkConf user =
        new SparkConf(false)
            .set("spark.app.name", "mine")
            .set("spark.plugins", "a.Plugin, b.Plugin")
            .set("spark.dynamicAllocation.enabled", "true")
            .set("spark.metrics.conf", "mine.properties")
            .set("spark.metrics.namespace", "ours")
            .set("spark.executorEnv.OMP_NUM_THREADS", "8")
            .set("spark.task.reaper.killTimeout", "5s");

    SparkConf spark = SparkSettings.prepare(user, CONFIGURATION);

    assertThat(spark.get("spark.app.name")).isEqualTo("mine");
    assertThat(spark.get("spark.plugins"))
        .isEqualTo(
            "a.Plugin, b.Plugin,normuon.job.comm.RendezvousPlugin,normuon.job.metrics.MetricsPlugin");
    assertThat(spark.get("spark.dynamicAllocation.enabled")).isEqualTo("false");
    assertThat(spark.get("spark.executorEnv.OMP_NUM_THREADS")).isEqualTo("8");
    assertThat(spark.get("spark.metrics.namespace")).isEqualTo("ours");
    assertThat(spark.getAllWithPrefix("spark.metrics.conf."))
        .as("the user's file stands")
        .isEmpty();
    assertThat(spark.get("spark.task.reaper.killTimeout")).isEqualTo("5s");
    assertThat(SparkSettings.prepare(spark, CONFIGURATION).get("spark.plugins"))
        .as("prepared twice")
        .isEqualTo(spark.get("spark.plugins"));
    assertThat(user.get("spark.plugins")).as("the user's own are not touched").endsWith("b.Plugin");
  }
}
