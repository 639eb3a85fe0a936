package normuon.job.charts;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Where the time of runs goes: the phases of their steps, and the balance among owners. */
final class PhaseSection {

  private final RunColors colors;

  PhaseSection(RunColors colors) {
    this.colors = colors;
  }

  String html() {
    List<String> figures = new ArrayList<>();
    figures.add(means());
    if (colors.isSingle()) {
      figures.addAll(courses());
    }
    figures.add(owners());
    return Markup.section(
        "Where the time goes",
        Markup.grid("wide", figures),
        colors.isSingle() ? "" : Markup.group("Phases by step, ms", courses()));
  }

  private List<String> courses() {
    Frame frame = colors.isSingle() ? Frame.LARGE : Frame.SMALL;
    List<LineChart> charts =
        colors.runs().stream().map(run -> new Phases(run).chart(frame)).toList();
    Axis axis = LineChart.common(LineChart.Scale.FROM_ZERO, charts);
    List<String> figures = new ArrayList<>();
    colors.forEach(
        (run, style) -> {
          LineChart chart = charts.get(figures.size());
          Figure figure =
              colors.figure(
                  run,
                  style,
                  "Phases by step, ms",
                  "Medians over parts of the run, one above the other, as rank 0 saw them.");
          figures.add(
              chart.isEmpty() ? figure.without("No step yet.") : figure.of(chart.svg(axis)));
        });
    return figures;
  }

  private String means() {
    double longest =
        colors.runs().stream().mapToDouble(run -> total(new Phases(run).means())).max().orElse(0);
    Set<String> names = new LinkedHashSet<>();
    Bars bars = new Bars();
    colors.forEach(
        (run, style) -> {
          Map<String, Double> means = new Phases(run).means();
          names.addAll(means.keySet());
          List<Bars.Part> parts = new ArrayList<>();
          means.forEach((name, ms) -> parts.add(part(name, ms, longest, total(means))));
          bars.add(run.name(), parts, NumberText.format("%.1f ms", total(means)));
        });
    Figure figure =
        new Figure("Mean time of a step", "Of rank 0, with the time between steps (control).");
    return names.isEmpty()
        ? figure.without("No step yet.")
        : figure.of(bars.html() + legend(names) + table(names));
  }

  private static Bars.Part part(String name, double ms, double longest, double total) {
    return new Bars.Part(Phases.style(name), ms / longest, name + ": " + share(ms, total));
  }

  private static String share(double ms, double total) {
    return NumberText.format("%.2f ms", ms) + NumberText.format(" (%.0f%%)", 100 * ms / total);
  }

  private String table(Set<String> names) {
    List<List<String>> rows = new ArrayList<>();
    List<String> head = new ArrayList<>(List.of("Phase"));
    colors.runs().forEach(run -> head.add(run.name()));
    rows.add(head);
    for (String name : names) {
      List<String> row = new ArrayList<>(List.of(name));
      for (RecordedRun run : colors.runs()) {
        Map<String, Double> means = new Phases(run).means();
        row.add(means.containsKey(name) ? share(means.get(name), total(means)) : NumberText.NONE);
      }
      rows.add(row);
    }
    return Markup.table(rows);
  }

  private static double total(Map<String, Double> means) {
    return means.values().stream().mapToDouble(ms -> ms).sum();
  }

  private static String legend(Set<String> names) {
    StringBuilder items = new StringBuilder();
    for (String name : names) {
      items.append(
          Markup.element(
              "span",
              "key",
              "<span class=\"swatch " + Phases.style(name) + "\"></span>",
              Markup.escape(name)));
    }
    return Markup.element("p", "legend", items.toString());
  }

  private String owners() {
    double largest =
        colors.runs().stream()
            .flatMap(run -> run.routing().owners().stream())
            .mapToDouble(Routing.Share::load)
            .max()
            .orElse(0);
    Bars bars = new Bars();
    colors.forEach(
        (run, style) ->
            run.routing()
                .owners()
                .forEach(
                    share -> bars.add(name(run, share), bar(share, style, largest), text(share))));
    Figure figure =
        new Figure(
            "Balance among the owners of matrices",
            "Work of orthogonalization that each rank has, over the mean of all ranks.");
    return largest == 0
        ? figure.without("No matrix is orthogonalized, or routing.txt does not say by whom.")
        : figure.of(bars.html());
  }

  private String name(RecordedRun run, Routing.Share share) {
    return colors.label(run, "rank " + share.rank());
  }

  private static List<Bars.Part> bar(Routing.Share share, String style, double largest) {
    return List.of(new Bars.Part("owner " + style, share.load() / largest, text(share)));
  }

  private static String text(Routing.Share share) {
    return NumberText.format("%.3f", share.load())
        + NumberText.format(", %.0f matrices", share.matrices());
  }
}
