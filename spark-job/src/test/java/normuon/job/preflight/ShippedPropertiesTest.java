package normuon.job.preflight;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import normuon.job.config.ConfigurationLoader;
import normuon.job.config.ConfigurationSources;
import normuon.job.config.PlacementSettings.Device;
import normuon.job.config.RunConfiguration;
import org.apache.spark.SparkConf;
import org.apache.spark.util.Utils;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import scala.jdk.javaapi.CollectionConverters;

/** The files of Spark properties that the project ships, read by Spark's own reader. */
class ShippedPropertiesTest {

  @ParameterizedTest
  @ValueSource(strings = {"cluster.conf", "gpu-standalone.conf", "gpu-kubernetes.conf"})
  void passThePreflightAndPutOneTaskOnEachExecutor(String file) {
    SparkConf spark = read(file);
    Findings findings = new Findings();

    new SparkChecks(spark, findings).check(configuration(spark).placement().device());

    assertThat(findings.problems()).isEmpty();
    assertThat(2 * spark.getInt("spark.task.cpus", 1))
        .isGreaterThan(spark.getInt("spark.executor.cores", 1));
    assertThat(spark.getDouble("spark.scheduler.minRegisteredResourcesRatio", 0)).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"gpu-standalone.conf", "gpu-kubernetes.conf"})
  void giveEachRankAGpuAndThePyTorchForIt(String file) {
    SparkConf spark = read(file);

    assertThat(configuration(spark).placement().device()).isEqualTo(Device.GPU);
    assertThat(spark.getInt("spark.executor.resource.gpu.amount", 0)).isEqualTo(1);
    assertThat(spark.getInt("spark.task.resource.gpu.amount", 0)).isEqualTo(1);
    assertThat(Map.of("PYTORCH_VERSION", "2.7.1", "PYTORCH_FLAVOR", "cu128"))
        .allSatisfy(
            (name, value) -> assertThat(spark.get("spark.executorEnv." + name)).isEqualTo(value));
    assertThat(spark.get("spark.executorEnv.PYTORCH_LIBRARY_PATH")).startsWith("/");
  }

  @Test
  void kubernetesIsToldWhoseGpusItGives() {
    SparkConf spark = read("gpu-kubernetes.conf");

    assertThat(spark.get("spark.executor.resource.gpu.vendor")).isEqualTo("nvidia.com");
    assertThat(spark.get("spark.executor.resource.gpu.discoveryScript"))
        .endsWith("/getGpusResources.sh");
  }

  private static SparkConf read(String file) {
    String path = Path.of("..", "conf", file).toString();
    SparkConf spark = new SparkConf(false);
    CollectionConverters.asJava(Utils.getPropertiesFromFile(path)).forEach(spark::set);
    return spark;
  }

  private static RunConfiguration configuration(SparkConf spark) {
    Map<String, String> properties = new HashMap<>();
    for (var property : spark.getAll()) {
      properties.put(property._1(), property._2());
    }
    return new ConfigurationLoader()
        .load(new ConfigurationSources(Optional.empty(), properties, List.of()));
  }
}
