package normuon.job.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Map;
import java.util.function.ToDoubleFunction;
import normuon.job.data.SampleGrammar.Lexicon;
import org.junit.jupiter.api.Test;

class SampleGrammarTest {

  private static final Lexicon FEW_WORDS = new Lexicon("bz", "a", "see tip", "red big", "cup bee");

  @Test
  void aReducedGrammarIsUnambiguousAndItsEntropyIsTheFormula() {
    Grammar sentence = SampleGrammar.sentence(FEW_WORDS);

    Map<String, Double> language = Language.of(sentence);

    // Names 2*2, verbs 2, objects (1 + 998) * (1 + 2) * 2; subjects of one name and of two.
    assertThat(language).hasSize((4 + 16) * 2 * 999 * 6).containsKey("Baza sees 73 red cups.\n");
    assertThat(sum(language, entry -> entry.getValue())).isCloseTo(1, within(1e-9));
    assertThat(Language.entropy(language)).isCloseTo(sentence.entropy(), within(1e-9));
    assertThat(sum(language, entry -> entry.getValue() * entry.getKey().length()))
        .isCloseTo(sentence.expectedLength(), within(1e-9));
  }

  @Test
  void everyWordIsKnownByItsEnd() {
    assertThat(SampleGrammar.text(1, 200_000).lines())
        .allMatch(
            line ->
                line.matches(
                    "[A-Z][a-z]{3} ([a-z]+s|and [A-Z][a-z]{3} [a-z]+)"
                        + " (a [a-z]+( [a-z]+)?|\\d{1,3} [a-z]+( [a-z]+)?s)\\."));
  }

  /** By hand: names 14*5*14*5, 42 verbs, 16 adjectives, 60 nouns, numbers 8, 90 or 900. */
  @Test
  void theEntropyIsThatWorkedOutByHand() {
    double name = 2 * Math.log(14) + 2 * Math.log(5);
    double number = Math.log(3) + (Math.log(8) + Math.log(90) + Math.log(900)) / 3;
    double object = Math.log(2) + number / 2 + Math.log(2) + Math.log(16) / 2 + Math.log(60);
    double sentence = Math.log(2) + 1.5 * name + Math.log(42) + object;

    assertThat(SampleGrammar.sentence().entropy()).isCloseTo(sentence, within(1e-9));
    assertThat(SampleGrammar.entropyPerCharacter())
        .isCloseTo(sentence / SampleGrammar.sentence().expectedLength(), within(1e-12))
        .isCloseTo(1.1002, within(5e-5));
  }

  @Test
  void generatedTextHasTheEntropyOfTheGrammar() {
    String[] sentences = SampleGrammar.text(42, 1_000_000).split("(?<=\n)");
    double[] surprises = new double[sentences.length];
    double sum = 0;
    double squares = 0;
    double characters = 0;
    for (int i = 0; i < sentences.length; i++) {
      surprises[i] = -Derivation.logProbability(SampleGrammar.sentence(), sentences[i]);
      sum += surprises[i];
      squares += surprises[i] * surprises[i];
      characters += sentences[i].length();
    }
    double mean = sum / sentences.length;
    double error = Math.sqrt((squares / sentences.length - mean * mean) / sentences.length);

    assertThat(mean).isCloseTo(SampleGrammar.sentence().entropy(), within(3 * error));
    assertThat(characters / sentences.length)
        .isCloseTo(SampleGrammar.sentence().expectedLength(), within(0.15));
    assertThat(error).isLessThan(0.03);
  }

  @Test
  void theSeedDecidesTheText() {
    assertThat(SampleGrammar.text(1, 10_000))
        .isEqualTo(SampleGrammar.text(1, 10_000))
        .isNotEqualTo(SampleGrammar.text(2, 10_000))
        .startsWith(SampleGrammar.text(1, 100))
        .hasSizeBetween(10_000, 10_060)
        .endsWith(".\n");
  }

  private static double sum(
      Map<String, Double> language, ToDoubleFunction<Map.Entry<String, Double>> term) {
    return language.entrySet().stream().mapToDouble(term).sum();
  }
}
