package normuon.job.charts;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import normuon.job.report.RunDirectory;

/**
 * The report of one run, or of several side by side: an HTML page that needs nothing besides
 * itself, and is well-formed as XML.
 */
public final class ReportPage {

  /** The name of the file in a run directory. */
  public static final String FILE_NAME = "report.html";

  /** The most runs of one report: as many as there are colors that everyone can tell apart. */
  public static final int MOST_RUNS = RunColors.MOST_RUNS;

  private ReportPage() {}

  /**
   * Writes the page of runs as their directories tell of them now.
   *
   * @param directories of the runs, 1 to {@link #MOST_RUNS}; files that do not exist there leave
   *     gaps in the page
   * @return the text of the page
   * @throws IllegalArgumentException if there are too few or too many runs
   */
  public static String of(List<RunDirectory> directories) {
    if (directories.isEmpty() || directories.size() > MOST_RUNS) {
      throw new IllegalArgumentException(
          "Invalid number of runs %d: a report shows 1 to %d"
              .formatted(directories.size(), MOST_RUNS));
    }
    List<String> names = names(directories);
    List<RecordedRun> runs = new ArrayList<>();
    for (int i = 0; i < names.size(); i++) {
      runs.add(RecordedRun.read(names.get(i), directories.get(i)));
    }
    return html(new RunColors(runs));
  }

  /** The last part of each path; of all the whole path, where two would have the same name. */
  private static List<String> names(List<RunDirectory> directories) {
    List<String> names = directories.stream().map(run -> run.path().getName()).toList();
    return names.stream().distinct().count() == names.size() && !names.contains("")
        ? names
        : directories.stream().map(run -> run.path().toUri().getPath()).toList();
  }

  private static String html(RunColors colors) {
    String title = colors.runs().stream().map(RecordedRun::name).collect(Collectors.joining(", "));
    return Stream.of(
            "<!DOCTYPE html>",
            "<html lang=\"en\">",
            "<head>",
            "<meta charset=\"utf-8\"/>",
            "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>",
            "<meta name=\"color-scheme\" content=\"light dark\"/>",
            "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none';"
                + " style-src 'unsafe-inline'; script-src 'unsafe-inline'\"/>",
            "<title>" + Markup.escape(title) + " – NorMuon</title>",
            "<style>\n" + resource("report.css") + "</style>",
            "</head>",
            "<body>",
            header(colors, title),
            "<main>",
            new SummarySection(colors).html(),
            new CurveSection(colors).html(),
            new PhaseSection(colors).html(),
            new DiagnosticsSection(colors).html(),
            "</main>",
            "<script>\n" + resource("report.js") + "</script>",
            "</body>",
            "</html>")
        .collect(Collectors.joining("\n", "", "\n"));
  }

  private static String header(RunColors colors, String title) {
    StringBuilder chips = new StringBuilder();
    if (!colors.isSingle()) {
      colors.forEach(
          (run, style) ->
              chips.append(
                  Markup.element(
                      "label",
                      "chip " + style + "-key",
                      "<input type=\"checkbox\" checked=\"checked\" class=\"show-" + style + "\"/>",
                      "<span class=\"swatch\"></span>",
                      Markup.escape(run.name()))));
    }
    return Markup.element(
        "header",
        "",
        "<h1>" + Markup.escape(title) + "</h1>\n",
        chips.isEmpty() ? "" : Markup.element("div", "chips", chips.toString()));
  }

  private static String resource(String name) {
    try (InputStream stream = ReportPage.class.getResourceAsStream(name)) {
      return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException unreadable) {
      throw new UncheckedIOException("Cannot read " + name, unreadable);
    }
  }
}
