package normuon.job.metrics;

import com.codahale.metrics.Gauge;
import com.codahale.metrics.MetricRegistry;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import normuon.job.report.RankRecord;
import normuon.job.report.RecordFields;

/** Gauges that show the value they were last given, each from its first value on. */
final class LatestValues {

  private final MetricRegistry registry;
  private final Map<String, Number> values = new ConcurrentHashMap<>();

  /** Creates the gauges of a registry, none yet. */
  LatestValues(MetricRegistry registry) {
    this.registry = registry;
  }

  /** Gives a gauge its value. */
  void set(String name, Number value) {
    if (values.put(name, value) == null) {
      registry.register(name, (Gauge<Number>) () -> values.get(name));
    }
  }

  /** Gives a gauge to each number of a record, by its name in {@code metrics.jsonl}. */
  void setAll(Record numbers) {
    RecordFields.numbers(numbers).forEach(this::set);
  }

  /** Gives a gauge to each number of a rank's record and to each of its phases. */
  void setAll(String prefix, RankRecord rank) {
    RecordFields.numbers(rank).forEach((name, value) -> set(prefix + name, value));
    rank.phaseMs().forEach((phase, value) -> set(prefix + phase + "_ms", value));
  }

  /** Removes the gauges whose names begin so. */
  void removeAll(String prefix) {
    for (String name : values.keySet()) {
      if (name.startsWith(prefix)) {
        registry.remove(name);
        values.remove(name);
      }
    }
  }
}
