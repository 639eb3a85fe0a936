package normuon.job;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * {@code submit/normuon} in a tree of its own, where Java, Maven and spark-submit only write down
 * how they were called: an argument on each line, then the variables that matter.
 */
class LauncherTest {

  private static final String RECORD =
      """
      #!/bin/sh
      printf '%s\\n' "$@"
      echo "env LOCAL_IP=$SPARK_LOCAL_IP DJL_OFFLINE=$DJL_OFFLINE OMP=$OMP_NUM_THREADS MAPPED=$MALLOC_MMAP_THRESHOLD_ KEPT=$MALLOC_TRIM_THRESHOLD_ TERMINAL=$NORMUON_TERMINAL"
      echo "env COMMAND=$NORMUON_COMMAND"
      echo "env SUBMIT_OPTS=$SPARK_SUBMIT_OPTS"
      """;
  private static final Instant LONG_AGO = Instant.parse("2020-01-01T00:00:00Z");

  @TempDir private Path folder;

  private Path root;
  private Path target;

  @BeforeEach
  void buildTree() throws IOException {
    root = folder.resolve("a tree");
    target = root.resolve("spark-job/target");
    executable(
        root.resolve("submit/normuon"), Files.readString(Path.of("..", "submit", "normuon")));
    for (String module : List.of("optimizer", "model", "spark-job")) {
      old(root.resolve(module + "/src/main/java/A.java"), "");
      old(root.resolve(module + "/pom.xml"), "");
    }
    old(root.resolve("pom.xml"), "");
    old(root.resolve("spark.jar"), "");
    file(target.resolve("spark/classpath"), root + "/spark.jar:/other.jar\n");
    file(target.resolve("spark/java-options"), "-Dflag=1\n");
    file(target.resolve("lib/djl.jar"), "");
    file(target.resolve("lib/picocli.jar"), "");
    file(target.resolve("normuon-spark-job.jar"), "");
    executable(folder.resolve("jdk/bin/java"), RECORD);
    executable(folder.resolve("home/bin/spark-submit"), RECORD);
    executable(
        folder.resolve("bin/mvn"),
        "#!/bin/sh\necho \"$@\" >> mvn.calls; touch spark-job/target/normuon-spark-job.jar; echo noise; exit ${MVN_CODE:-0}\n");
  }

  @Test
  void withoutSparkHomeTheBuiltSparkRunsTwoRanks() throws Exception {
    List<String> called = launch(Map.of(), "train", "--set", "data.path=two words").output();

    String jar = target + "/normuon-spark-job.jar";
    assertThat(called)
        .startsWith("@" + target + "/spark/java-options", "-Xms1g", "-Xmx1g")
        .containsSequence("-cp", jar + ":" + target + "/lib/*:" + root + "/spark.jar:/other.jar")
        .containsSequence(
            "org.apache.spark.deploy.SparkSubmit",
            "--class",
            "normuon.job.Main",
            "--name",
            "normuon")
        .containsSequence("--master", "local[2]")
        .containsSequence("--conf", "spark.ui.enabled=false")
        .containsSequence("spark-internal", "train", "--set", "data.path=two words")
        .contains(
            "env LOCAL_IP=127.0.0.1 DJL_OFFLINE=true OMP=1 MAPPED=1048576 KEPT=67108864 TERMINAL=")
        .doesNotContain("--jars");
    assertThat(called)
        .filteredOn(line -> line.startsWith("env COMMAND="))
        .first()
        .asString()
        .endsWith("normuon train --set data.path=two\\ words");
  }

  @Test
  void sparkOptionsComeBeforeTheCommandAndReachTheDriver() throws Exception {
    List<String> called =
        launch(
                Map.of(),
                "--verbose",
                "--master=local[4]",
                "--conf",
                "spark.ui.enabled=true",
                "--driver-memory",
                "1536",
                "--driver-java-options",
                "-Da=1 '-Db=2 3'",
                "--driver-class-path",
                "/mine.jar",
                "train",
                "--config",
                "run.yaml")
            .output();

    assertThat(called)
        .startsWith("@" + target + "/spark/java-options", "-Xms1536m", "-Xmx1536m")
        .containsSequence("-Da=1", "-Db=2 3", "-cp")
        .containsSequence("--name", "normuon", "--verbose", "--master=local[4]")
        .containsSequence("spark-internal", "train", "--config", "run.yaml")
        .doesNotContain("local[2]", "spark.ui.enabled=false")
        .anyMatch(line -> line.contains("/lib/*:/mine.jar:"));
  }

  @Test
  void masterMayComeFromAPropertiesFile() throws Exception {
    Path properties = folder.resolve("cluster.conf");
    Files.writeString(properties, "# spark.master local[9]\nspark.master   spark://host:7077\n");

    List<String> called =
        launch(Map.of(), "--properties-file", properties.toString(), "--jars", "/mine.jar", "train")
            .output();

    assertThat(called)
        .containsSequence(
            "--jars", target + "/lib/djl.jar," + target + "/lib/picocli.jar,/mine.jar")
        .containsSequence(target + "/normuon-spark-job.jar", "train")
        .contains("env LOCAL_IP= DJL_OFFLINE=true OMP=1 MAPPED=1048576 KEPT=67108864 TERMINAL=")
        .doesNotContain("--master", "spark-internal", "spark.ui.enabled=false");
  }

  @Test
  void sparkHomeIsUsedWhereItIsSet() throws Exception {
    Map<String, String> home = Map.of("SPARK_HOME", folder + "/home", "OMP_NUM_THREADS", "4");

    assertThat(launch(home, "train").output())
        .containsSequence(
            "--class", "normuon.job.Main", "--name", "normuon", "--master", "local[2]")
        .containsSequence(
            "--driver-class-path",
            target + "/normuon-spark-job.jar:" + target + "/lib/*",
            "spark-internal",
            "train")
        .contains("env LOCAL_IP= DJL_OFFLINE=true OMP=4 MAPPED=1048576 KEPT=67108864 TERMINAL=")
        .contains(
            "env SUBMIT_OPTS=\"-Dlog4j2.configurationFile=" + root + "/conf/log4j2.properties\" ");

    file(folder.resolve("home/conf/spark-defaults.conf"), "spark.master=yarn\n");
    assertThat(launch(home, "train").output())
        .containsSequence("--jars", target + "/lib/djl.jar," + target + "/lib/picocli.jar")
        .containsSequence(target + "/normuon-spark-job.jar", "train")
        .doesNotContain("--master");
  }

  @Test
  void usageNeedsNoBuildAndNoJava() throws Exception {
    Files.delete(target.resolve("normuon-spark-job.jar"));

    Ending help = launch(Map.of(), "--help");
    assertThat(help.code()).isZero();
    assertThat(help.output().get(0)).startsWith("Usage: submit/normuon");
    Ending nothing = launch(Map.of());
    assertThat(nothing.code()).isEqualTo(2);
    assertThat(nothing.errors()).isEqualTo(help.output());
    Ending valueless = launch(Map.of(), "--master");
    assertThat(valueless.code()).isEqualTo(2);
    assertThat(valueless.errors()).containsExactly("Invalid option --master: its value is missing");
    assertThat(root.resolve("mvn.calls")).doesNotExist();
  }

  @Test
  void itBuildsOnFirstUseAndWhenASourceIsNewer() throws Exception {
    assertThat(launch(Map.of(), "train").errors()).as("nothing is newer than the jar").isEmpty();
    assertThat(root.resolve("mvn.calls")).doesNotExist();

    Files.delete(target.resolve("normuon-spark-job.jar"));
    Ending first = launch(Map.of(), "train");
    assertThat(first.errors()).hasSize(1).first().asString().startsWith("Building ");
    assertThat(first.output()).as("Maven's own output").doesNotContain("noise");
    launch(Map.of(), "train");
    assertThat(root.resolve("mvn.calls")).content().hasLineCount(1);

    Files.setLastModifiedTime(
        root.resolve("model/src/main/java/A.java"), FileTime.from(Instant.now().plusSeconds(5)));
    launch(Map.of(), "train");
    assertThat(root.resolve("mvn.calls")).content().hasLineCount(2);
  }

  @Test
  void buildOnlyBuilds() throws Exception {
    Files.delete(target.resolve("normuon-spark-job.jar"));

    Ending built = launch(Map.of(), "build");

    assertThat(built.code()).isZero();
    assertThat(built.output()).isEmpty();
    assertThat(root.resolve("mvn.calls")).content().hasLineCount(1);
  }

  @Test
  void failedBuildShowsWhatMavenSaid() throws Exception {
    Files.delete(target.resolve("normuon-spark-job.jar"));

    Ending failed = launch(Map.of("MVN_CODE", "1"), "train");

    assertThat(failed.code()).isEqualTo(2);
    assertThat(failed.errors())
        .contains("noise")
        .last()
        .isEqualTo("Cannot build: Maven failed, see above");
    assertThat(failed.output()).isEmpty();
    launch(Map.of(), "train");
    assertThat(root.resolve("mvn.calls"))
        .as("a failed build is not taken for one")
        .content()
        .hasLineCount(2);
  }

  private Ending launch(Map<String, String> environment, String... arguments)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of(root + "/submit/normuon"));
    command.addAll(List.of(arguments));
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(folder.toFile())
            .redirectOutput(folder.resolve("output").toFile())
            .redirectError(folder.resolve("errors").toFile());
    builder.environment().clear();
    builder.environment().put("PATH", folder + "/bin:" + System.getenv("PATH"));
    builder.environment().put("JAVA_HOME", folder + "/jdk");
    builder.environment().putAll(environment);
    Process process = builder.start();
    assertThat(process.waitFor(30, TimeUnit.SECONDS)).as("ends by itself").isTrue();
    return new Ending(
        process.exitValue(),
        Files.readAllLines(folder.resolve("output")),
        Files.readAllLines(folder.resolve("errors")));
  }

  private static void old(Path path, String text) throws IOException {
    file(path, text);
    Files.setLastModifiedTime(path, FileTime.from(LONG_AGO));
    Files.setLastModifiedTime(path.getParent(), FileTime.from(LONG_AGO));
  }

  private static void executable(Path path, String text) throws IOException {
    file(path, text);
    Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  private static void file(Path path, String text) throws IOException {
    Files.createDirectories(path.getParent());
    Files.writeString(path, text);
  }

  private record Ending(int code, List<String> output, List<String> errors) {}
}
