package normuon.job.ui;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpClient.Redirect;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import org.apache.spark.SparkConf;
import org.apache.spark.SparkContext;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SparkTabTest {

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void theLatestRunHasTheTabWhereThereIsAnInterface(boolean enabled) throws Exception {
    SparkContext spark =
        new SparkContext(
            new SparkConf(false)
                .setMaster("local[1]")
                .setAppName("tab")
                .set("spark.driver.bindAddress", "127.0.0.1")
                .set("spark.driver.host", "127.0.0.1")
                .set("spark.ui.enabled", String.valueOf(enabled))
                .set("spark.ui.port", "0"));
    try {
      SparkTab.attach(spark, () -> view("the first"));
      SparkTab.attach(spark, () -> view("the second"));

      assertThat(spark.uiWebUrl().isDefined()).isEqualTo(enabled);
      if (enabled) {
        String page = page(spark.uiWebUrl().get() + "/training/");
        assertThat(page).contains("the second").doesNotContain("the first");
        assertThat(page.split("/training/\">Training</a>", -1)).as("one tab").hasSize(2);
      }
    } finally {
      spark.stop();
    }
  }

  private static TrainingView view(String directory) {
    return new TrainingView(
        directory,
        "running",
        10,
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Map.of(),
        List.of(),
        List.of(),
        OptionalDouble.empty(),
        List.of(),
        Optional.empty());
  }

  private static String page(String address) throws IOException, InterruptedException {
    return HttpClient.newBuilder()
        .followRedirects(Redirect.NORMAL)
        .build()
        .send(
            HttpRequest.newBuilder(URI.create(address)).build(),
            HttpResponse.BodyHandlers.ofString())
        .body();
  }
}
