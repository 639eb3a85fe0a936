package normuon.job.data;

import java.util.ArrayList;
import java.util.List;

/**
 * The Markov chain behind an endless text of independent sentences. A state is a character as
 * written at one place of the grammar; being in it emits the character.
 */
final class CharacterChain {

  /** The end of a path that waits for what comes next, and the probability of going on there. */
  private record Exit(int state, double probability) {}

  private record Edge(int to, double probability) {}

  /** Stands for the beginning of a sentence, before its first character. */
  private static final int BEGINNING = -1;

  private final StringBuilder characters = new StringBuilder();
  private final List<List<Edge>> edges = new ArrayList<>();
  private final List<Edge> firsts = new ArrayList<>();
  private double[] stationary;

  private CharacterChain() {}

  /** The chain of sentences that the grammar derives, none of which is empty. */
  static CharacterChain of(Grammar sentence) {
    CharacterChain chain = new CharacterChain();
    List<Exit> ends = chain.add(sentence, List.of(new Exit(BEGINNING, 1)));
    chain.stationary = chain.stationaryDistribution();
    for (Exit end : ends) {
      for (Edge first : chain.firsts) {
        double probability = end.probability() * first.probability();
        chain.edges.get(end.state()).add(new Edge(first.to(), probability));
      }
    }
    return chain;
  }

  /** The character that a state emits. */
  char character(int state) {
    return characters.charAt(state);
  }

  /** How often the chain is in each state: the distribution of the state at a random place. */
  double[] stationary() {
    return stationary;
  }

  /** The distribution of the next state, given that of the present one. */
  double[] ahead(int[] states, double[] probabilities) {
    double[] ahead = new double[characters.length()];
    for (int i = 0; i < states.length; i++) {
      for (Edge edge : edges.get(states[i])) {
        ahead[edge.to()] += probabilities[i] * edge.probability();
      }
    }
    return ahead;
  }

  private List<Exit> add(Grammar grammar, List<Exit> entries) {
    if (grammar instanceof Grammar.Literal literal) {
      return addText(literal.string(), entries);
    }
    if (grammar instanceof Grammar.Choice choice) {
      List<Exit> exits = new ArrayList<>();
      List<Exit> shared = scaled(entries, 1.0 / choice.alternatives().size());
      choice.alternatives().forEach(alternative -> exits.addAll(add(alternative, shared)));
      return exits;
    }
    List<Exit> exits = entries;
    for (Grammar part : ((Grammar.Sequence) grammar).parts()) {
      exits = add(part, exits);
    }
    return exits;
  }

  private List<Exit> addText(String string, List<Exit> entries) {
    List<Exit> exits = entries;
    for (char character : string.toCharArray()) {
      int state = characters.length();
      characters.append(character);
      edges.add(new ArrayList<>());
      for (Exit exit : exits) {
        List<Edge> from = exit.state() == BEGINNING ? firsts : edges.get(exit.state());
        from.add(new Edge(state, exit.probability()));
      }
      exits = List.of(new Exit(state, 1));
    }
    return exits;
  }

  private static List<Exit> scaled(List<Exit> exits, double factor) {
    return exits.stream().map(exit -> new Exit(exit.state(), exit.probability() * factor)).toList();
  }

  /**
   * A sentence visits a state at most once, and states are numbered in the order of visits, so one
   * pass gives the probability of every visit; by the renewal theorem the stationary distribution
   * is in proportion to it.
   */
  private double[] stationaryDistribution() {
    double[] visits = new double[characters.length()];
    firsts.forEach(first -> visits[first.to()] += first.probability());
    double length = 0;
    for (int state = 0; state < visits.length; state++) {
      for (Edge edge : edges.get(state)) {
        visits[edge.to()] += visits[state] * edge.probability();
      }
      length += visits[state];
    }
    for (int state = 0; state < visits.length; state++) {
      visits[state] /= length;
    }
    return visits;
  }
}
