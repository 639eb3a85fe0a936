package normuon.model;

import java.util.Map;
import normuon.model.GptConfiguration.Mlp;

/**
 * The model in plain loops over doubles, from the formulas, for one sequence: what the operators
 * are checked against. It shares no code with them.
 */
final class NaiveGpt {

  private final GptConfiguration shape;
  private final Map<String, double[][]> weights;

  /**
   * Reads weights.
   *
   * @param shape the model's shape
   * @param weights rows by full name; a vector is one row
   */
  NaiveGpt(GptConfiguration shape, Map<String, double[][]> weights) {
    this.shape = shape;
    this.weights = weights;
  }

  /** The logits [length][vocabulary] after every token of a sequence. */
  double[][] logits(long[] ids) {
    double[][] x = new double[ids.length][];
    for (int t = 0; t < ids.length; t++) {
      x[t] = weight("model.embed_tokens")[(int) ids[t]].clone();
    }
    for (int layer = 0; layer < shape.layers(); layer++) {
      String prefix = "model.layers." + layer + ".";
      addTo(x, attention(rmsNorm(x, weight(prefix + "input_layernorm")[0]), prefix + "self_attn."));
      addTo(x, mlp(rmsNorm(x, weight(prefix + "post_attention_layernorm")[0]), prefix + "mlp."));
    }
    String head = shape.tiedHead() ? "model.embed_tokens" : "lm_head";
    return linear(rmsNorm(x, weight("model.norm")[0]), weight(head));
  }

  /** The mean cross-entropy of the targets in nats. */
  double loss(long[] ids, long[] targets) {
    double[][] logits = logits(ids);
    double sum = 0;
    for (int t = 0; t < ids.length; t++) {
      double total = 0;
      for (double logit : logits[t]) {
        total += Math.exp(logit);
      }
      sum += Math.log(total) - logits[t][(int) targets[t]];
    }
    return sum / ids.length;
  }

  /** softmax(Q Kᵀ / sqrt(d) + causal mask) V for every head, then the output projection. */
  double[][] attention(double[][] y, String prefix) {
    int shared = shape.heads() / shape.keyValueHeads();
    double[][] q = linear(y, weight(prefix + "q_proj"));
    int d = q[0].length / shape.heads();
    double[][] k = linear(y, weight(prefix + "k_proj"));
    double[][] v = linear(y, weight(prefix + "v_proj"));
    double[][] mixed = new double[y.length][shape.heads() * d];
    for (int head = 0; head < shape.heads(); head++) {
      double[][] headQ = rotate(headNorm(columns(q, head * d, d), prefix + "q_norm"));
      double[][] headK = rotate(headNorm(columns(k, head / shared * d, d), prefix + "k_norm"));
      double[][] headV = columns(v, head / shared * d, d);
      for (int t = 0; t < y.length; t++) {
        double[] probabilities = new double[t + 1];
        double total = 0;
        for (int s = 0; s <= t; s++) {
          probabilities[s] = Math.exp(dot(headQ[t], headK[s]) / Math.sqrt(d));
          total += probabilities[s];
        }
        for (int s = 0; s <= t; s++) {
          for (int i = 0; i < d; i++) {
            mixed[t][head * d + i] += probabilities[s] / total * headV[s][i];
          }
        }
      }
    }
    return linear(mixed, weight(prefix + "o_proj"));
  }

  /** Hugging Face: x · cos(p f) + rotate_half(x) · sin(p f), rotate_half(a, b) = (-b, a). */
  double[][] rotate(double[][] x) {
    int d = x[0].length;
    double[][] turned = new double[x.length][d];
    for (int p = 0; p < x.length; p++) {
      for (int i = 0; i < d; i++) {
        double frequency = 1 / Math.pow(shape.rotaryBase(), 2.0 * (i % (d / 2)) / d);
        double rotateHalf = i < d / 2 ? -x[p][i + d / 2] : x[p][i - d / 2];
        turned[p][i] = x[p][i] * Math.cos(p * frequency) + rotateHalf * Math.sin(p * frequency);
      }
    }
    return turned;
  }

  private double[][] mlp(double[][] y, String prefix) {
    double[][] hidden = linear(y, weight(prefix + "up_proj"));
    double[][] gate = shape.mlp() == Mlp.SWIGLU ? linear(y, weight(prefix + "gate_proj")) : hidden;
    for (int t = 0; t < hidden.length; t++) {
      for (int i = 0; i < hidden[t].length; i++) {
        hidden[t][i] =
            shape.mlp() == Mlp.SWIGLU
                ? gate[t][i] / (1 + Math.exp(-gate[t][i])) * hidden[t][i]
                : Math.pow(Math.max(0, hidden[t][i]), 2);
      }
    }
    return linear(hidden, weight(prefix + "down_proj"));
  }

  private double[][] headNorm(double[][] x, String name) {
    return shape.queryKeyNorm() ? rmsNorm(x, weight(name)[0]) : x;
  }

  private double[][] rmsNorm(double[][] x, double[] gain) {
    double[][] y = new double[x.length][gain.length];
    for (int t = 0; t < x.length; t++) {
      double root = Math.sqrt(dot(x[t], x[t]) / gain.length + shape.normEpsilon());
      for (int i = 0; i < gain.length; i++) {
        y[t][i] = x[t][i] / root * gain[i];
      }
    }
    return y;
  }

  private static double[][] linear(double[][] x, double[][] weight) {
    double[][] y = new double[x.length][weight.length];
    for (int t = 0; t < x.length; t++) {
      for (int i = 0; i < weight.length; i++) {
        y[t][i] = dot(x[t], weight[i]);
      }
    }
    return y;
  }

  private static double[][] columns(double[][] x, int start, int count) {
    double[][] part = new double[x.length][count];
    for (int t = 0; t < x.length; t++) {
      System.arraycopy(x[t], start, part[t], 0, count);
    }
    return part;
  }

  private static void addTo(double[][] x, double[][] y) {
    for (int t = 0; t < x.length; t++) {
      for (int i = 0; i < x[t].length; i++) {
        x[t][i] += y[t][i];
      }
    }
  }

  private static double dot(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += a[i] * b[i];
    }
    return sum;
  }

  private double[][] weight(String module) {
    return weights.get(module + ".weight");
  }
}
