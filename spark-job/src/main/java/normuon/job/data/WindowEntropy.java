package normuon.job.data;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The exact floor of the loss on windows cut at random from an endless text of independent
 * sentences.
 *
 * <p>A model that sees a window knows nothing of what came before it, so it pays for finding out
 * where in a sentence the window begins. With the text X a stationary process, the mean loss per
 * target of a window of L inputs is at least the mean over t = 1..L of H(X[t] | X[0], …, X[t-1]).
 * This tends to the entropy per character from above as L grows.
 *
 * <p>The text is a hidden Markov chain whose states are the characters written in the grammar. What
 * a reader of X[0..t] knows is the probability of each state (the belief). Many texts lead to the
 * same belief, so all texts are covered by following the probability of each distinct belief.
 */
final class WindowEntropy {

  /** Beliefs whose probabilities agree to this are one: far below what the sum can show. */
  private static final double RESOLUTION = 1e12;

  /** An entropy that has come this near to its limit, in nats, has reached it. */
  private static final double CONVERGED = 1e-11;

  private final CharacterChain chain;
  private final double limit;

  /** Creates the windows of a text of sentences; the grammar is unambiguous. */
  WindowEntropy(Grammar sentence) {
    this.chain = CharacterChain.of(sentence);
    this.limit = sentence.entropy() / sentence.expectedLength();
  }

  /**
   * The mean of the least possible loss over the targets of a window, in nats per character.
   *
   * @param inputs the number of inputs of the window, and of its targets
   */
  double perTarget(int inputs) {
    return Arrays.stream(perPosition(inputs)).sum() / inputs;
  }

  /**
   * H(X[t] | X[0], …, X[t-1]) for t = 1..inputs, in nats. It falls with t and is never less than
   * the entropy per character, so it stays there once it has reached it.
   */
  double[] perPosition(int inputs) {
    double[] entropies = new double[inputs];
    Map<Belief, Double> beliefs = new HashMap<>();
    split(chain.stationary(), 1, beliefs);
    for (int t = 0; t < inputs; t++) {
      Map<Belief, Double> next = new HashMap<>();
      for (Map.Entry<Belief, Double> entry : beliefs.entrySet()) {
        double[] ahead = chain.ahead(entry.getKey().states(), entry.getKey().probabilities());
        entropies[t] += entry.getValue() * split(ahead, entry.getValue(), next);
      }
      beliefs = next;
      if (entropies[t] - limit < CONVERGED) {
        Arrays.fill(entropies, t, inputs, limit);
        break;
      }
    }
    return entropies;
  }

  /**
   * Divides the distribution of the next state by the character that is seen, adds the beliefs that
   * follow, and returns the entropy of the character.
   */
  private double split(double[] states, double weight, Map<Belief, Double> beliefs) {
    Map<Character, List<Integer>> byCharacter = new TreeMap<>();
    for (int state = 0; state < states.length; state++) {
      if (states[state] > 0) {
        byCharacter.computeIfAbsent(chain.character(state), c -> new ArrayList<>()).add(state);
      }
    }
    double entropy = 0;
    for (List<Integer> possible : byCharacter.values()) {
      double probability = possible.stream().mapToDouble(state -> states[state]).sum();
      entropy -= probability * Math.log(probability);
      beliefs.merge(Belief.of(possible, states, probability), weight * probability, Double::sum);
    }
    return entropy;
  }

  /** The probabilities of the states, those above zero only. */
  private record Belief(int[] states, double[] probabilities) {

    static Belief of(List<Integer> possible, double[] states, double total) {
      int[] indices = possible.stream().mapToInt(Integer::intValue).toArray();
      double[] shares =
          Arrays.stream(indices)
              .mapToDouble(state -> Math.rint(states[state] / total * RESOLUTION) / RESOLUTION)
              .toArray();
      return new Belief(indices, shares);
    }

    @Override
    public boolean equals(Object other) {
      return other instanceof Belief that
          && Arrays.equals(states, that.states)
          && Arrays.equals(probabilities, that.probabilities);
    }

    @Override
    public int hashCode() {
      return 31 * Arrays.hashCode(states) + Arrays.hashCode(probabilities);
    }
  }
}
