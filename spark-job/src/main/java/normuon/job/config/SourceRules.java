package normuon.job.config;

import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.apache.spark.sql.catalyst.parser.CatalystSqlParser;
import org.apache.spark.sql.catalyst.parser.ParseException;

/** What must hold within each entry of {@code data.sources}. */
final class SourceRules {

  private static final Set<SourceSettings.Format> BY_PATH =
      EnumSet.of(
          SourceSettings.Format.PARQUET, SourceSettings.Format.JSON, SourceSettings.Format.LINES);

  private static final Set<SourceSettings.Format> VERSIONED =
      EnumSet.of(
          SourceSettings.Format.DELTA, SourceSettings.Format.ICEBERG, SourceSettings.Format.TABLE);

  private final SourceSettings source;
  private final String name;

  private SourceRules(SourceSettings source, String name) {
    this.source = source;
    this.name = name;
  }

  /**
   * Checks every entry.
   *
   * @throws InvalidConfigurationException for the first that is impossible
   */
  static void check(List<SourceSettings> sources) {
    boolean isWeighted =
        sources.stream().anyMatch(source -> source.weight() != SourceSettings.NO_WEIGHT);
    for (int i = 0; i < sources.size(); i++) {
      SourceRules rules = new SourceRules(sources.get(i), "data.sources[" + i + "]");
      rules.check();
      rules.require(
          !isWeighted || sources.get(i).weight() != SourceSettings.NO_WEIGHT,
          "weight",
          sources.get(i).weight(),
          "above 0, as another source has a weight");
    }
  }

  private void check() {
    String format = ConfigurationKey.text(source.format());
    if (BY_PATH.contains(source.format())) {
      require(
          !source.path().isBlank(), "path", source.path(), "not empty where format is " + format);
      require(source.table().isEmpty(), "table", source.table(), "empty where format is " + format);
    } else if (source.format() == SourceSettings.Format.TABLE) {
      require(
          !source.table().isBlank(), "table", source.table(), "not empty where format is table");
      require(source.path().isEmpty(), "path", source.path(), "empty where format is table");
    } else {
      require(
          source.path().isBlank() != source.table().isBlank(),
          "path",
          source.path(),
          "given where table is not, and only there; table is \"%s\"".formatted(source.table()));
    }
    require(
        source.version() == SourceSettings.NEWEST || VERSIONED.contains(source.format()),
        "version",
        source.version(),
        "left out where format is " + format);
    checkColumns();
  }

  private void checkColumns() {
    require(!source.textColumn().isBlank(), "text_column", source.textColumn(), "not empty");
    if (source.format() == SourceSettings.Format.LINES) {
      require(
          source.keyColumn().isEmpty(),
          "key_column",
          source.keyColumn(),
          "empty where format is lines");
    }
    require(isCondition(source.filter()), "filter", source.filter(), "a condition in SQL");
  }

  /** Whether Spark can parse a filter; which columns there are, only the table knows. */
  private static boolean isCondition(String filter) {
    if (filter.isEmpty()) {
      return true;
    }
    try {
      new CatalystSqlParser().parseExpression(filter);
      return true;
    } catch (Exception failure) {
      // Spark's Scala code throws checked exceptions without saying so.
      if (failure instanceof ParseException) {
        return false;
      }
      throw failure;
    }
  }

  private void require(boolean holds, String key, Object value, String rule) {
    if (!holds) {
      throw new InvalidConfigurationException(
          "Invalid %s.%s \"%s\": must be %s".formatted(name, key, value, rule));
    }
  }
}
