package normuon.job;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpClient.Redirect;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import normuon.job.config.ConfigurationSources;
import normuon.job.config.RunConfiguration;
import org.apache.spark.SparkConf;
import org.apache.spark.sql.SparkSession;

/** A tiny run of {@code train} whose Spark session, with its web interface, is still open. */
final class OpenRun implements AutoCloseable {

  private final SparkSession session;
  private final TrainedRun run;

  private OpenRun(SparkSession session, TrainedRun run) {
    this.session = session;
    this.run = run;
  }

  /** Trains the tiny model on two ranks of this process, with settings of Spark and of the run. */
  static OpenRun train(Path folder, Map<String, String> spark, String... settings)
      throws IOException {
    SparkConf conf =
        new SparkConf(false)
            .setMaster("local[3]")
            .set("spark.ui.enabled", "true")
            .set("spark.ui.port", "0")
            .set("spark.driver.host", "127.0.0.1")
            .set("spark.driver.bindAddress", "127.0.0.1");
    spark.forEach(conf::set);
    SparkSession session =
        SparkSession.builder()
            .config(SparkSettings.prepare(conf, RunConfiguration.fromYaml("", "test")))
            .getOrCreate();
    return new OpenRun(session, train(session, folder, settings));
  }

  /** Trains another run in a session. */
  private static TrainedRun train(SparkSession session, Path folder, String... settings)
      throws IOException {
    Path directory = folder.resolve("run");
    List<String> all = new ArrayList<>(TrainedRun.tinySettings(TrainedRun.text(folder)));
    all.add("run.directory=" + directory);
    all.addAll(List.of(settings));
    ByteArrayOutputStream output = new ByteArrayOutputStream();
    ByteArrayOutputStream errors = new ByteArrayOutputStream();
    PrintStream lines = new PrintStream(output, true, StandardCharsets.UTF_8);
    int code =
        new RunExecution(
                session.sparkContext().conf(),
                new PrintStream(errors, true, StandardCharsets.UTF_8),
                RunExecution.Trace.STATUS)
            .execute(
                new ConfigurationSources(Optional.empty(), Map.of(), all),
                run -> TrainCommand.train(session, run, lines, Map.of()));
    return new TrainedRun(
        directory,
        code,
        output.toString(StandardCharsets.UTF_8),
        errors.toString(StandardCharsets.UTF_8).lines().toList());
  }

  TrainedRun run() {
    return run;
  }

  /** Reads a page of the web interface. */
  String page(String path) throws IOException, InterruptedException {
    HttpResponse<String> response =
        HttpClient.newBuilder()
            .followRedirects(Redirect.NORMAL)
            .build()
            .send(
                HttpRequest.newBuilder(URI.create(session.sparkContext().uiWebUrl().get() + path))
                    .build(),
                HttpResponse.BodyHandlers.ofString());
    assertThat(response.statusCode()).as(path).isEqualTo(200);
    return response.body();
  }

  @Override
  public void close() {
    session.stop();
  }
}
