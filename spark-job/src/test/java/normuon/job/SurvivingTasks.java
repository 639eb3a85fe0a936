package normuon.job;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** The ranks that lived on when another was killed, as Spark's event log knows them. */
final class SurvivingTasks {

  /** They may end before the test has seen that the process is gone. */
  private static final Duration EARLY = Duration.ofSeconds(1);

  private static final List<String> ENDED_OTHERWISE = List.of("Success", "ExecutorLostFailure");

  private SurvivingTasks() {}

  /** Options that make Spark write the log. */
  static List<String> log(Path folder) throws IOException {
    Files.createDirectories(folder);
    return List.of(
        "--conf",
        "spark.eventLog.enabled=true",
        "--conf",
        "spark.eventLog.dir=" + folder.toUri(),
        "--conf",
        "spark.eventLog.rolling.enabled=false",
        "--conf",
        "spark.eventLog.compress=false");
  }

  /**
   * How long after a process was killed the last rank ended that ran then and whose executor lived
   * on; empty if none ran, as the moment lay between two segments.
   *
   * @param moment when the process was seen to be gone
   */
  static Optional<Duration> longest(Path folder, Instant moment) throws IOException {
    List<Duration> lives = new ArrayList<>();
    for (JsonNode event : events(folder)) {
      JsonNode task = event.path("Task Info");
      Instant launched = Instant.ofEpochMilli(task.path("Launch Time").asLong());
      Instant finished = Instant.ofEpochMilli(task.path("Finish Time").asLong());
      boolean ran = !launched.isAfter(moment) && finished.isAfter(moment.minus(EARLY));
      if (ran && !ENDED_OTHERWISE.contains(event.at("/Task End Reason/Reason").asText())) {
        lives.add(Duration.ofMillis(Math.max(0, Duration.between(moment, finished).toMillis())));
      }
    }
    return lives.stream().max(Duration::compareTo);
  }

  private static List<JsonNode> events(Path folder) throws IOException {
    List<JsonNode> events = new ArrayList<>();
    try (Stream<Path> logs = Files.list(folder)) {
      for (Path log : logs.filter(Files::isRegularFile).toList()) {
        String text = Files.readString(log);
        // The run may be writing one line more.
        for (String line : text.substring(0, text.lastIndexOf('\n') + 1).lines().toList()) {
          if (line.contains("\"SparkListenerTaskEnd\"")) {
            events.add(TrainedRun.JSON.readTree(line));
          }
        }
      }
    }
    assertThat(events).as("ends of tasks in the event log").isNotEmpty();
    return events;
  }
}
