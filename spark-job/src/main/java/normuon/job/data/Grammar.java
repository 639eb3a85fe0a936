package normuon.job.data;

import java.util.List;
import java.util.stream.Stream;

/**
 * A probabilistic grammar without recursion: an expression that derives a string by copying text,
 * joining parts, and choosing alternatives at random, each choice independent of the others.
 *
 * <p>{@link #entropy()} is the entropy of the <em>derivation</em>. It equals the entropy of the
 * derived string if and only if the grammar is unambiguous, that is, if no string has two
 * derivations.
 */
sealed interface Grammar {

  /** The entropy of the derivation, in nats. */
  double entropy();

  /** The expected length of the derived string, in characters. */
  double expectedLength();

  /** Derives a string at random and appends it. */
  void derive(SplitMix random, StringBuilder string);

  /** Derives {@code string} itself. */
  static Grammar literal(String string) {
    return new Literal(string);
  }

  /** Derives the parts one after the other. */
  static Grammar sequence(Grammar... parts) {
    return new Sequence(List.of(parts));
  }

  /** Derives one of the alternatives, all equally likely. */
  static Grammar choice(Grammar... alternatives) {
    return new Choice(List.of(alternatives));
  }

  /** Derives one of the strings, all equally likely. */
  static Grammar choice(Stream<String> strings) {
    return new Choice(strings.map(Grammar::literal).toList());
  }

  /** The string itself: a certainty, without entropy. */
  record Literal(String string) implements Grammar {

    @Override
    public double entropy() {
      return 0;
    }

    @Override
    public double expectedLength() {
      return string.length();
    }

    @Override
    public void derive(SplitMix random, StringBuilder derived) {
      derived.append(string);
    }
  }

  /** The parts in order. They are independent, so entropies and expected lengths add. */
  record Sequence(List<Grammar> parts) implements Grammar {

    @Override
    public double entropy() {
      return parts.stream().mapToDouble(Grammar::entropy).sum();
    }

    @Override
    public double expectedLength() {
      return parts.stream().mapToDouble(Grammar::expectedLength).sum();
    }

    @Override
    public void derive(SplitMix random, StringBuilder string) {
      parts.forEach(part -> part.derive(random, string));
    }
  }

  /**
   * One of several alternatives, all equally likely.
   *
   * <p>By the chain rule the entropy is that of the choice, ln n, plus the expected entropy of the
   * alternative chosen.
   */
  record Choice(List<? extends Grammar> alternatives) implements Grammar {

    @Override
    public double entropy() {
      return Math.log(alternatives.size())
          + alternatives.stream().mapToDouble(Grammar::entropy).average().orElseThrow();
    }

    @Override
    public double expectedLength() {
      return alternatives.stream().mapToDouble(Grammar::expectedLength).average().orElseThrow();
    }

    @Override
    public void derive(SplitMix random, StringBuilder string) {
      alternatives.get(random.below(alternatives.size())).derive(random, string);
    }
  }
}
