package normuon.job.data;

import static normuon.job.data.Grammar.choice;
import static normuon.job.data.Grammar.literal;
import static normuon.job.data.Grammar.sequence;

import java.util.Locale;
import java.util.stream.Stream;

/**
 * The built-in sample: short sentences about who does what to how many things, drawn independently
 * from a small grammar whose entropy is known exactly.
 *
 * <pre>
 * Toma sees 73 red cups.
 * Reki and Lupo lend a wig.
 * </pre>
 *
 * <p>The verb agrees with the subject: one name takes {@code sees}, two take {@code see}, although
 * the word before the verb is a name either way. The noun agrees with its number.
 *
 * <p>The grammar is unambiguous, so the entropy of its derivations is that of the text. Read from
 * the left, a sentence shows each choice before the next one begins: the letters of a name one by
 * one; then "and", which is no verb, or a verb, which ends at a space; then "a" or a number; then
 * one word that ends at a space, an adjective, or none; then a noun, which ends at the full stop.
 * The lists have no word twice, and the endings "s" are certain. A sentence ends at its only line
 * feed.
 */
public final class SampleGrammar {

  private static final Lexicon LEXICON =
      new Lexicon(
          "bdfgklmnprstvz",
          "aeiou",
          """
          add bid buy cut dig eat get hug let lug nab own pat put rob rub see sew tap tie tip tow \
          tug use vet win find give hide keep lend like lose love make mend move need sell send \
          take want\
          """,
          "red big new tan wet dry hot low mad sad raw fun shy sly wee dim",
          """
          bag bat bed bee bin bow bug bun can cap car cat cow cub cup dog fan fig gem gnu hat hen \
          hog hut jar jug key kid kit lid log map mat mop mug net nut pan peg pen pet pie pig pin \
          pot pup ram rat rod rug saw tin top toy tub van vat web wig yak\
          """);

  private static final Grammar SENTENCE = sentence(LEXICON);

  private SampleGrammar() {}

  /**
   * The words of the grammar.
   *
   * @param consonants the consonants of names, in lower case
   * @param vowels the vowels of names
   * @param verbs verbs whose third person adds "s", separated by spaces
   * @param adjectives adjectives, separated by spaces
   * @param nouns nouns that begin with a consonant and whose plural adds "s", separated by spaces
   */
  record Lexicon(String consonants, String vowels, String verbs, String adjectives, String nouns) {}

  /**
   * A text of whole sentences.
   *
   * @param seed the same seed gives the same text
   * @param characters the least number of characters; the text ends with the sentence that reaches
   *     it
   */
  public static String text(long seed, int characters) {
    SplitMix random = new SplitMix(seed);
    StringBuilder text = new StringBuilder(characters + 100);
    while (text.length() < characters) {
      SENTENCE.derive(random, text);
    }
    return text.toString();
  }

  /**
   * The entropy of the text in nats per character: the loss per token, with characters as tokens,
   * of a perfect model that has seen the whole text before. Sentences are independent, so it is the
   * entropy of a sentence divided by its expected length.
   */
  public static double entropyPerCharacter() {
    return SENTENCE.entropy() / SENTENCE.expectedLength();
  }

  /**
   * The entropy of the text in nats per character for a perfect model that sees windows cut at
   * random: higher than {@link #entropyPerCharacter()}, because the beginning of a window does not
   * tell where in a sentence it lies.
   *
   * @param context the number of characters that a window gives to the model
   */
  public static double entropyPerCharacter(int context) {
    return new WindowEntropy(SENTENCE).perTarget(context);
  }

  /** The grammar of one sentence over some words. */
  static Grammar sentence(Lexicon lexicon) {
    Grammar name = name(lexicon);
    Grammar verb = words(lexicon.verbs());
    Grammar noun = words(lexicon.nouns());
    Grammar adjective = choice(literal(""), sequence(words(lexicon.adjectives()), literal(" ")));
    Grammar subjectAndVerb =
        choice(
            sequence(name, literal(" "), verb, literal("s ")),
            sequence(name, literal(" and "), name, literal(" "), verb, literal(" ")));
    Grammar object =
        choice(
            sequence(literal("a "), adjective, noun),
            sequence(number(), literal(" "), adjective, noun, literal("s")));
    return sequence(subjectAndVerb, object, literal(".\n"));
  }

  /** The grammar of one sentence of the sample. */
  static Grammar sentence() {
    return SENTENCE;
  }

  private static Grammar name(Lexicon lexicon) {
    return sequence(
        letters(lexicon.consonants().toUpperCase(Locale.ROOT)),
        letters(lexicon.vowels()),
        letters(lexicon.consonants()),
        letters(lexicon.vowels()));
  }

  /** A number from 2 to 999: first its digits are chosen to be one, two or three. */
  private static Grammar number() {
    Grammar first = letters("123456789");
    Grammar other = letters("0123456789");
    return choice(letters("23456789"), sequence(first, other), sequence(first, other, other));
  }

  private static Grammar letters(String letters) {
    return choice(letters.chars().mapToObj(Character::toString));
  }

  private static Grammar words(String words) {
    return choice(Stream.of(words.split(" ")));
  }
}
