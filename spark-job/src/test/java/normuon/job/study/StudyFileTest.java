package normuon.job.study;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import normuon.job.config.InvalidConfigurationException;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StudyFileTest {

  private static final String VALID =
      """
      seeds: [1, 2]
      reference: adamw
      rules:
        - name: adamw
          learning_rate_key: optimizer.adamw.learning_rate
          learning_rates: [0.00025, 0.0010, 2e-3]
          settings: {optimizer.name: adamw, optimizer.adamw.beta1: 0.90}
        - name: muon
          learning_rate_key: optimizer.learning_rate
          learning_rates: [0.01]
          published: {adamw: 21.74}
      """;

  @Test
  void numbersStandAsTheyAreWritten() {
    Study study = StudyFile.parse(VALID, "study.yaml");

    assertThat(study.seeds()).containsExactly(1L, 2L);
    assertThat(study.reference()).isEqualTo("adamw");
    Rule adamw = study.rules().get(0);
    assertThat(adamw.learningRates()).containsExactly("0.00025", "0.0010", "2e-3");
    assertThat(adamw.settings())
        .containsExactly(
            Map.entry("optimizer.name", "adamw"), Map.entry("optimizer.adamw.beta1", "0.90"));
    assertThat(adamw.published()).isEmpty();
    assertThat(study.rules().get(1).settings()).isEmpty();
    assertThat(study.rules().get(1).published()).containsOnly(Map.entry("adamw", 21.74));
  }

  @Test
  void pointHasItsOwnNameAndSettings() {
    Rule adamw = StudyFile.parse(VALID, "study.yaml").rules().get(0);
    Point point = new Point(adamw, "0.0010", 2);

    assertThat(point.name()).isEqualTo("adamw-0.0010-2");
    assertThat(point.assignments())
        .containsExactly(
            "optimizer.name=adamw",
            "optimizer.adamw.beta1=0.90",
            "optimizer.adamw.learning_rate=0.0010",
            "train.seed=2");
  }

  @Test
  void theStudyOfTheRepositoryTriesAFactorOfSixteenWithEveryRule() {
    Study study = StudyFile.read("../conf/optimizer-study.yaml", new Configuration());

    assertThat(study.seeds()).containsExactly(1337L, 1338L, 1339L);
    assertThat(study.rules())
        .extracting(Rule::name)
        .containsExactly("adamw", "muon", "normuon", "sophia_g");
    assertThat(study.rules())
        .allSatisfy(
            rule -> {
              List<Double> rates = rule.learningRates().stream().map(Double::valueOf).toList();
              assertThat(rates).hasSize(5);
              assertThat(rates.get(4) / rates.get(0)).isEqualTo(16);
            });
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          seeds: [1, 2]         | sede: [1]           | study.yaml: sede: no such key; the keys are seeds, reference, rules
          learning_rates: [0.01]| learning_rate: 1    | rules[1].learning_rate: no such key; the keys are name, learning_rate_key, learning_rates, settings, published
          seeds: [1, 2]         | seeds: []           | Invalid seeds []: must be whole numbers, each once
          seeds: [1, 2]         | seeds: [1, 1]       | Invalid seeds [1, 1]: must be whole numbers, each once
          seeds: [1, 2]         | seeds: [1, null]    | Invalid seeds [1, null]: must be whole numbers, each once
          seeds: [1, 2]         | seeds: [1.5]        | seeds[0] must be a whole number
          seeds: [1, 2]         | seeds: [one]        | seeds[0] must be a whole number
          seeds: [1, 2]         | seeds: 1            | seeds must be a list
          seeds: [1, 2]         | other: [1]          | other: no such key
          seeds: [1, 2]         | reference: muon     | Duplicate field 'reference'
          reference: adamw      | reference: adam     | Invalid reference adam: must be one of [adamw, muon]
          name: muon            | name: adamw         | Invalid rules [adamw, adamw]: must be rules of distinct names
          name: muon            | name: a/b           | rules[1]: Invalid name a/b: must be letters, digits, '_', '-' and '.'
          learning_rates: [0.01]| learning_rates: [] | rules[1]: Invalid learning_rates []: must be numbers above 0 that ascend
          learning_rates: [0.01]| learning_rates: [2, 1] | Invalid learning_rates [2, 1]: must be numbers above 0 that ascend
          learning_rates: [0.01]| learning_rates: [0, 1] | Invalid learning_rates [0, 1]: must be numbers above 0 that ascend
          learning_rates: [0.01]| learning_rates: [fast] | Invalid learning_rates [fast]: must be numbers above 0 that ascend
          learning_rates: [0.01]| settings: {}        | Invalid learning_rates null: must be numbers above 0 that ascend
          learning_rate_key: optimizer.learning_rate | settings: {} | Invalid learning_rate_key null: must be a key of the configuration
          settings: {optimizer.name: adamw, | settings: {optimizer: {name: adamw}, | rules[0].settings.optimizer must be a single value
          settings: {optimizer.name: adamw, | settings: {optimizer.name: , | Invalid settings {optimizer.name=null, optimizer.adamw.beta1=0.90}: must be keys with a value each
          published: {adamw: 21.74} | published: {adamw: much} | rules[1].published.adamw must be a number
          published: {adamw: 21.74} | published: {adamw: 210} | Invalid published {adamw=210.0}: must be names of rules with a percentage below 100 each
          """)
  void whatIsNoStudyIsRefusedWithItsPlace(String part, String replacement, String message) {
    assertThat(VALID).contains(part);

    assertThatThrownBy(() -> StudyFile.parse(VALID.replace(part, replacement), "study.yaml"))
        .isInstanceOf(InvalidConfigurationException.class)
        .hasMessageMatching("Invalid study study\\.yaml( line \\d+)?: .*")
        .hasMessageContaining(message);
  }

  @Test
  void emptyAndMissingFilesAreRefused() {
    assertThatThrownBy(() -> StudyFile.parse("", "study.yaml"))
        .isInstanceOf(InvalidConfigurationException.class)
        .hasMessage("Invalid study study.yaml: must have the keys seeds, reference, rules");
    assertThatThrownBy(() -> StudyFile.read("no/such.yaml", new Configuration()))
        .isInstanceOf(InvalidConfigurationException.class)
        .hasMessage("Configuration file no/such.yaml (--study) does not exist");
  }
}
