package normuon.job.retrain;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import normuon.job.data.JsonFile;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;

/** Where the model of a line or of a generation comes from, back to the first of its ancestors. */
public final class Provenance {

  private final List<GenerationReport> reports;

  private Provenance(List<GenerationReport> reports) {
    this.reports = reports;
  }

  /**
   * Reads it.
   *
   * @param directory a line, for its model in use, or the folder of a generation
   * @return empty if it is neither
   */
  public static Optional<Provenance> of(String directory, Configuration hadoop) {
    ModelLine line = ModelLine.of(directory, hadoop);
    Optional<Promotion> promoted = line.promoted();
    if (promoted.isPresent()) {
      return Optional.of(chain(line, promoted.get().descent()));
    }
    Path path = line.directory().path();
    Optional<GenerationPlan> plan = new Generation(0, path, hadoop).plan();
    return plan.map(
        found -> {
          List<Integer> descent = new ArrayList<>(found.ancestors());
          descent.add(found.generation());
          return chain(ModelLine.of(path.getParent().toString(), hadoop), descent);
        });
  }

  private static Provenance chain(ModelLine line, List<Integer> descent) {
    List<GenerationReport> reports = new ArrayList<>();
    for (int i = descent.size() - 1; i >= 0; i--) {
      reports.add(GenerationReport.of(line.generation(descent.get(i))));
    }
    return new Provenance(reports);
  }

  /** For people, the newest first. */
  public String text() {
    List<String> lines = new ArrayList<>();
    reports.forEach(report -> lines.addAll(report.lines()));
    return String.join("\n", lines) + "\n";
  }

  /** One JSON document. */
  public String json() {
    return JsonFile.text(reports);
  }
}
