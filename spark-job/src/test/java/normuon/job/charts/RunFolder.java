package normuon.job.charts;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import normuon.job.config.RunConfiguration;
import normuon.job.report.DiagnosticsLog;
import normuon.job.report.EvaluationRecord;
import normuon.job.report.MetricsLog;
import normuon.job.report.RunDirectory;
import normuon.job.report.StepRecord;
import org.apache.hadoop.conf.Configuration;

/** A run directory whose files tests write as a run would. */
final class RunFolder {

  private static final List<String> KINDS = List.of("self_attn.q_proj", "mlp.down_proj");

  private final Path folder;

  RunFolder(Path folder) {
    this.folder = folder;
  }

  RunDirectory directory() {
    return new RunDirectory(
        new org.apache.hadoop.fs.Path(folder.toUri().getPath()), new Configuration());
  }

  /** Adds the settings of a run of so many steps with an optimizer. */
  RunFolder configured(String optimizer, int steps) {
    String yaml = "train.steps: " + steps + "\noptimizer.name: " + optimizer;
    directory()
        .replace(
            RunConfiguration.FILE_NAME,
            RunConfiguration.fromYaml(yaml + "\noptimizer.schedule.warmup_steps: 0", "test")
                .toYaml());
    return this;
  }

  /** Adds steps, with an evaluation after each tenth. */
  RunFolder steps(int from, int to) {
    try (MetricsLog log = MetricsLog.open(directory(), from - 1)) {
      for (int step = from; step <= to; step++) {
        log.append(step(step, loss(step)));
        if (step % 10 == 0) {
          log.append(new EvaluationRecord(step, loss(step) + 0.25, 9_600));
        }
      }
    }
    return this;
  }

  /** The training loss of a step. */
  static double loss(int step) {
    return 1 + 3 / Math.sqrt(step);
  }

  /** A step of 10 ms. */
  static StepRecord step(int step, double loss) {
    double norm = Double.isNaN(loss) ? Double.NaN : 0.5;
    return new StepRecord(
        step,
        loss,
        0.01 / step,
        1000L * step,
        norm,
        10,
        0.5,
        5,
        1,
        0.5,
        2,
        0.5,
        0.5,
        1,
        100_000,
        8L * step,
        Double.isNaN(loss) ? 1 : 0,
        null,
        null);
  }

  /** Adds measurements of the optimizer at steps, of two kinds in so many layers. */
  RunFolder measured(int layers, String rule, int... steps) {
    List<String> lines = new ArrayList<>();
    for (int step : steps) {
      List<String> parameters = new ArrayList<>();
      for (int layer = 0; layer < layers; layer++) {
        for (String kind : KINDS) {
          parameters.add(parameter("model.layers." + layer + "." + kind + ".weight", rule, step));
        }
      }
      lines.add(
          "{\"step\":%d,\"clipped_steps\":0.25,\"parameters\":[%s]}"
              .formatted(step, String.join(",", parameters)));
    }
    return file(DiagnosticsLog.FILE_NAME, String.join("\n", lines) + "\n");
  }

  private static String parameter(String name, String rule, int step) {
    return String.format(
        Locale.ROOT,
        "{\"name\":\"%s\",\"rule\":\"%s\",\"rows\":64,\"columns\":64,\"weight_norm\":8.0,"
            + "\"update_norm\":0.01,\"update_to_weight\":0.00125,\"row_norms_before\":%s,"
            + "\"row_norms_after\":%s,\"momentum_condition\":%d,\"update_condition\":2.5}",
        name,
        rule,
        norms(0.5),
        norms(0.05),
        100 + step);
  }

  /** Row norms that spread about their mean. */
  private static String norms(double spread) {
    return List.of(
            "minimum -1.5", "p5 -1", "p25 -0.5", "median 0", "p75 0.5", "p95 1", "maximum 1.5")
        .stream()
        .map(quantile -> quantile.split(" "))
        .map(
            quantile ->
                String.format(
                    Locale.ROOT,
                    "\"%s\":%.4f",
                    quantile[0],
                    1 + spread * Double.parseDouble(quantile[1])))
        .collect(Collectors.joining(",", "{", ",\"mean\":1.0,\"deviation\":" + spread + "}"));
  }

  /** Adds a file. */
  RunFolder file(String name, String text) {
    try {
      Path file = folder.resolve(name);
      Files.createDirectories(file.getParent());
      Files.writeString(file, text);
      return this;
    } catch (IOException unwritable) {
      throw new UncheckedIOException(unwritable);
    }
  }
}
