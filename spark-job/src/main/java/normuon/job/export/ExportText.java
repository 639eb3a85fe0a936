package normuon.job.export;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import normuon.job.export.ExportManifest.ExportedFile;
import normuon.model.GptConfiguration;
import normuon.model.hub.HubConfiguration;
import org.apache.hadoop.fs.Path;

/** An export for people. */
final class ExportText {

  private ExportText() {}

  static List<String> lines(Path folder, GptConfiguration shape, ExportManifest manifest) {
    List<String> lines = new ArrayList<>();
    lines.add(
        String.format(
            Locale.ROOT,
            "Exported %s to %s: %s, %,d weights as %s",
            manifest.source(),
            folder,
            HubConfiguration.architecture(shape),
            manifest.weights(),
            manifest.type()));
    for (ExportedFile file : manifest.files()) {
      lines.add(String.format(Locale.ROOT, "  %s  %,d bytes", file.file(), file.bytes()));
    }
    return lines;
  }
}
