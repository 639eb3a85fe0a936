package normuon.job;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import java.util.stream.StreamSupport;
import normuon.job.config.ConfigurationLoader;
import normuon.job.config.ConfigurationSources;
import normuon.job.config.RunConfiguration;
import normuon.job.report.Status;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import picocli.CommandLine;
import picocli.CommandLine.ParseResult;

/**
 * What schedulers are given: each file by a parser of its format, each command by the job's own.
 */
class ScheduleFilesTest {

  private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
  private static final Path FOLDER = ROOT.resolve("submit/schedule");
  private static final String INSTALLED = "/opt/normuon/";

  @Test
  void theSettingsOfTheExampleAreValid() {
    RunConfiguration configuration =
        new ConfigurationLoader()
            .load(
                new ConfigurationSources(
                    Optional.of(ROOT.resolve("conf/retrain.yaml").toString()),
                    Map.of(),
                    List.of()));

    assertThat(configuration.retrain().directory()).isNotEmpty();
    assertThat(configuration.data().sources()).isNotEmpty();
  }

  @Test
  void kubernetesRunsOneAtATimeAndTriesAgain() throws IOException {
    JsonNode application = new YAMLMapper().readTree(read("scheduled-spark-application.yaml"));
    JsonNode spec = application.get("spec");
    JsonNode template = spec.get("template");

    assertThat(application.get("apiVersion").asText()).isEqualTo("sparkoperator.k8s.io/v1beta2");
    assertThat(application.get("kind").asText()).isEqualTo("ScheduledSparkApplication");
    assertThat(spec.fieldNames())
        .toIterable()
        .containsExactlyInAnyOrder(
            "schedule",
            "concurrencyPolicy",
            "successfulRunHistoryLimit",
            "failedRunHistoryLimit",
            "template");
    assertThat(spec.get("schedule").asText().split(" ")).hasSize(5);
    assertThat(spec.get("concurrencyPolicy").asText()).isEqualTo("Forbid");
    assertThat(template.at("/restartPolicy/type").asText()).isEqualTo("OnFailure");
    assertThat(template.at("/restartPolicy/onFailureRetries").asInt()).isPositive();
    assertThat(template.get("mainClass").asText()).isEqualTo(Main.class.getName());
    assertThat(template.at("/executor/gpu/quantity").asInt()).isEqualTo(1);
    assertThat(template.at("/executor/instances").asInt())
        .isEqualTo(template.at("/sparkConf").get("spark.normuon.train.ranks").asInt());
    template
        .get("sparkConf")
        .fields()
        .forEachRemaining(setting -> assertThat(setting.getValue().isTextual()).isTrue());
    List<String> arguments =
        StreamSupport.stream(template.get("arguments").spliterator(), false)
            .map(JsonNode::asText)
            .toList();
    assertRetrains(arguments);
    assertThat(arguments.get(arguments.size() - 1))
        .as("where the config map is mounted")
        .startsWith(template.at("/driver/configMaps/0/path").asText());
  }

  @Test
  void systemdRunsTheLauncherAndLeavesToPeopleWhatNeedsThem() throws IOException {
    Properties service = ini("normuon-retrain.service");
    Properties timer = ini("normuon-retrain.timer");

    assertThat(service.getProperty("Type")).isEqualTo("oneshot");
    assertThat(service.getProperty("RestartPreventExitStatus").split(" "))
        .containsExactlyInAnyOrder(
            code(Status.INVALID_CONFIG), code(Status.DIVERGED), code(Status.NOT_PROMOTED));
    assertThat(timer.getProperty("Persistent")).isEqualTo("true");
    assertThat(timer.getProperty("OnCalendar")).isEqualTo("*-*-* 02:00:00");
    assertLaunches(service.getProperty("ExecStart"));
    String crontab =
        read("normuon-retrain.service")
            .lines()
            .filter(line -> line.startsWith("#   0 2 * * *"))
            .findFirst()
            .orElseThrow();
    assertLaunches(crontab.substring(crontab.indexOf(INSTALLED)));
  }

  @Test
  void airflowsPythonIsPython() throws Exception {
    Process python =
        new ProcessBuilder(
                "python3", "-c", "import ast, sys; ast.parse(sys.stdin.read()); print('parsed')")
            .redirectInput(FOLDER.resolve("airflow_retrain.py").toFile())
            .redirectErrorStream(true)
            .start();

    assertThat(python.waitFor(30, TimeUnit.SECONDS)).isTrue();
    assertThat(python.inputReader().readLine()).isEqualTo("parsed");
    assertThat(python.exitValue()).isZero();
  }

  @Test
  void airflowSubmitsTheJobThatIsThere() throws IOException {
    String dag = read("airflow_retrain.py");

    assertThat(dag).contains("\"java_class\": \"" + Main.class.getName() + "\"");
    assertThat(dag).contains("max_active_runs=1", "catchup=False");
    assertThat(dag).contains("application_args=[\"retrain\", \"--prepare\", \"--config\", CONFIG]");
    assertThat(dag).contains("application_args=[\"retrain\", \"--config\", CONFIG]");
    assertRetrains(List.of("retrain", "--prepare", "--config", "FILE"));
  }

  @ParameterizedTest
  @EnumSource
  void everyExitCodeIsExplained(Status status) throws IOException {
    String text = read("airflow_retrain.py");

    assertThat(status == Status.SUCCEEDED || text.contains(status.name())).isTrue();
  }

  private static String code(Status status) {
    return Integer.toString(status.exitCode());
  }

  /** Runs of the installed launcher whose files exist in the project. */
  private static void assertLaunches(String command) {
    List<String> words = Arrays.asList(command.split("\\s+"));
    for (String word : words) {
      if (word.startsWith(INSTALLED)) {
        assertThat(ROOT.resolve(word.substring(INSTALLED.length()))).exists();
      }
    }
    assertThat(words.get(0)).isEqualTo(INSTALLED + "submit/normuon");
    assertRetrains(words.subList(words.indexOf("retrain"), words.size()));
  }

  private static void assertRetrains(List<String> arguments) {
    ParseResult parsed =
        new CommandLine(new RetrainCommand())
            .parseArgs(arguments.subList(1, arguments.size()).toArray(String[]::new));
    assertThat(arguments.get(0)).isEqualTo("retrain");
    assertThat(parsed.hasMatchedOption("--config")).isTrue();
  }

  private static String read(String file) throws IOException {
    return Files.readString(FOLDER.resolve(file));
  }

  /** Sections become keys without a value. */
  private static Properties ini(String file) throws IOException {
    Properties properties = new Properties();
    try (var reader = Files.newBufferedReader(FOLDER.resolve(file))) {
      properties.load(reader);
    }
    assertThat(properties).containsKey("[Unit]");
    return properties;
  }
}
