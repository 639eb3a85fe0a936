package normuon.job.charts;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import normuon.job.charts.Measurement.Parameter;

/** What the optimizer of a run told of itself, by steps. */
final class Measurements {

  /** The most measurements that are kept of a long run, so that memory is bounded. */
  static final int MOST = 240;

  private final List<Measurement> all = new ArrayList<>();
  private int linesPerMeasurement = 1;
  private long lines;
  private String lastLine = "";

  /** Reads lines one by one; of very many it keeps one in every two, four and so on. */
  void addLine(String line) {
    lastLine = line;
    if (lines++ % linesPerMeasurement == 0) {
      JsonLines.parse(line).ifPresent(this::add);
    }
    if (all.size() > MOST) {
      linesPerMeasurement *= 2;
      List<Measurement> every =
          IntStream.range(0, all.size()).filter(i -> i % 2 == 0).mapToObj(all::get).toList();
      all.clear();
      all.addAll(every);
    }
  }

  /** After the last line: it is kept in any case. */
  void end() {
    JsonLines.parse(lastLine).ifPresent(this::add);
  }

  /** What earlier lines told of a line's step and of later ones is forgotten. */
  private void add(JsonNode line) {
    Measurement added = Measurement.of(line);
    all.removeIf(measurement -> measurement.step() >= added.step());
    all.add(added);
  }

  /** The parameters at the last step; none if nothing was measured. */
  List<Parameter> last() {
    return all.isEmpty() ? List.of() : all.get(all.size() - 1).parameters();
  }

  /** The kinds of the parameters of which there is what is asked for, in their order. */
  Collection<String> kinds(Predicate<Parameter> condition) {
    Set<String> kinds = new LinkedHashSet<>();
    for (Measurement measurement : all) {
      measurement.parameters().stream()
          .filter(condition)
          .forEach(parameter -> kinds.add(parameter.place().kind()));
    }
    return kinds;
  }

  /** A number of the measured steps. */
  Series series(ToDoubleFunction<Measurement> number) {
    return new Series(
            all.stream().mapToDouble(Measurement::step).toArray(),
            all.stream().mapToDouble(number).toArray())
        .finite();
  }

  /** The median of a number over the parameters, by steps. */
  Series medians(ToDoubleFunction<Parameter> number) {
    return series(
        measurement ->
            Quantile.median(measurement.parameters().stream().mapToDouble(number).toArray()));
  }

  /** The same with the parameters of a kind only. */
  Measurements of(String kind) {
    return where(parameter -> parameter.place().kind().equals(kind));
  }

  /** The same with the parameters for which a condition holds only. */
  Measurements where(Predicate<Parameter> condition) {
    Measurements some = new Measurements();
    for (Measurement measurement : all) {
      List<Parameter> kept = measurement.parameters().stream().filter(condition).toList();
      some.all.add(new Measurement(measurement.step(), measurement.clippedSteps(), kept));
    }
    return some;
  }
}
