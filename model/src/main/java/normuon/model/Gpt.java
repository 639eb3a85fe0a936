package normuon.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.List;
import normuon.model.StageArrays.Block;
import normuon.torch.Initialization;
import normuon.torch.NativeArrays;
import normuon.torch.ParameterSpec;

/**
 * A decoder-only language model in the manner of Llama: RMSNorm before every part, rotary
 * positions, causal attention with shared key-value heads, a gated or squared-ReLU feed-forward
 * part.
 *
 * <p>The backward pass is written by hand, part by part: it adds to gradients in place and frees
 * what a part kept as soon as that part is done, which automatic differentiation cannot. A model is
 * for one thread at a time; different models run side by side.
 */
public final class Gpt implements AutoCloseable {

  private static final double DEVIATION = 0.02;

  private final NDManager manager;
  private final GptConfiguration configuration;
  private final List<NDArray> parameters;
  private final StageArrays weights;
  private final GptOperators operators;
  private List<NDArray> gradients = List.of();
  private StageArrays gradientStages;
  private NativeArrays gradientList;
  private HessianProduct hessianProduct;

  private Gpt(NDManager manager, GptConfiguration configuration, List<NDArray> parameters) {
    this.manager = manager;
    this.configuration = configuration;
    this.parameters = List.copyOf(parameters);
    this.weights = StageArrays.group(configuration, parameters);
    this.operators = new GptOperators(manager, configuration, parameters.get(0).getDataType());
  }

  /**
   * The parameters of a model, in the order of its forward pass.
   *
   * @param configuration the model's shape
   */
  public static List<ParameterSpec> specs(GptConfiguration configuration) {
    return new ParameterLayout(configuration).all();
  }

  /**
   * Creates a float32 model with random weights, which depend on the seed and the parameters' names
   * alone. Matrices, embedding and head are normal with standard deviation 0.02, the two that write
   * into the residual stream 0.02 / sqrt(2 layers) as in GPT-2; gains are 1.
   *
   * @param parent the model closes with it
   * @param configuration the model's shape
   * @param seed the run's seed
   */
  public static Gpt create(NDManager parent, GptConfiguration configuration, long seed) {
    NDManager manager = parent.newSubManager();
    List<NDArray> parameters = new ArrayList<>();
    for (ParameterSpec spec : specs(configuration)) {
      parameters.add(firstValue(manager, configuration, spec, seed));
    }
    return new Gpt(manager, configuration, parameters);
  }

  /** Creates a model around given values, which may be float64 and stay the caller's. */
  static Gpt of(NDManager parent, GptConfiguration configuration, List<NDArray> parameters) {
    return new Gpt(parent.newSubManager(), configuration, parameters);
  }

  private static NDArray firstValue(
      NDManager manager, GptConfiguration configuration, ParameterSpec spec, long seed) {
    return switch (spec.role()) {
      case VECTOR -> manager.ones(new Shape(spec.shape()));
      case EMBEDDING, HEAD -> Initialization.normal(manager, spec, seed, DEVIATION);
      case MATRIX -> {
        boolean writesResidual =
            spec.name().endsWith("o_proj.weight") || spec.name().endsWith("down_proj.weight");
        double scale = writesResidual ? 1 / Math.sqrt(2.0 * configuration.layers()) : 1;
        yield Initialization.normal(manager, spec, seed, DEVIATION * scale);
      }
    };
  }

  /** The model's shape. */
  public GptConfiguration configuration() {
    return configuration;
  }

  /** Opens a manager on the model's device, for the arrays of one step; the caller closes it. */
  public NDManager newManager() {
    return manager.newSubManager();
  }

  /** The weights themselves, in the order of {@link #specs}: to be changed in place. */
  public List<NDArray> parameters() {
    return parameters;
  }

  /**
   * The gradients themselves, in the order of {@link #specs}. The arrays are the same for the
   * model's whole life; they are allocated, as zeros, when first asked for.
   */
  public List<NDArray> gradients() {
    if (gradientStages == null) {
      gradients =
          parameters.stream().map(p -> manager.zeros(p.getShape(), p.getDataType())).toList();
      gradientStages = StageArrays.group(configuration, gradients);
      gradientList = NativeArrays.of(gradients);
    }
    return gradients;
  }

  /** Sets all gradients to zero. */
  public void zeroGradients() {
    gradients();
    operators.zero(gradientList);
  }

  /**
   * The logits of the next token after every token.
   *
   * @param ids int64 [sequences, length], length at most the context
   * @return [sequences, length, vocabulary], of the ids' manager
   */
  public NDArray logits(NDArray ids) {
    try (NativeArrays projected = project(ids)) {
      return operators.logits(ids.getManager(), projected, ids.getShape().get(0));
    }
  }

  /**
   * The mean cross-entropy of the targets in nats per token.
   *
   * @param ids int64 [sequences, length], length at most the context
   * @param targets the token after every token, shaped like the ids
   * @return a scalar of the ids' manager
   */
  public NDArray loss(NDArray ids, NDArray targets) {
    checkTargets(ids, targets);
    try (NativeArrays projected = project(ids)) {
      return operators.crossEntropy(ids.getManager(), projected, targets);
    }
  }

  /**
   * Draws the token after every token from the model's own predictions: the labels of the
   * Gauss–Newton–Bartlett estimate of the curvature.
   *
   * @param ids int64 [sequences, length], length at most the context
   * @param uniforms float64 in [0, 1), shaped like the ids: the same numbers draw the same tokens
   * @return int64, shaped like the ids, of the ids' manager
   */
  public NDArray sampleTargets(NDArray ids, NDArray uniforms) {
    checkTargets(ids, uniforms);
    try (NativeArrays projected = project(ids)) {
      return operators.sampleTargets(ids.getManager(), projected, uniforms);
    }
  }

  /** Forward without a memory: what a part kept is freed once the next part has run. */
  private NativeArrays project(NDArray ids) {
    checkIds(ids);
    long sequences = ids.getShape().get(0);
    NativeArrays last = operators.embed(weights.embedding(), ids);
    for (Block block : weights.blocks()) {
      try (NativeArrays x = last) {
        last = operators.attend(x, block.attention(), sequences);
      }
      try (NativeArrays x = last) {
        last = operators.feedForward(x, block.mlp());
      }
    }
    try (NativeArrays x = last) {
      return operators.project(x, weights.output());
    }
  }

  /**
   * Adds the gradient of weight · loss to the gradients.
   *
   * @param ids int64 [sequences, length], length at most the context
   * @param targets the token after every token, shaped like the ids
   * @param weight such as 1 / number of micro-batches
   * @return the loss, unweighted: the mean cross-entropy in nats per token
   */
  public double accumulate(NDArray ids, NDArray targets, double weight) {
    checkIds(ids);
    checkTargets(ids, targets);
    gradients();
    try (ForwardPass pass = new ForwardPass();
        NativeArrays projected = forward(pass, ids);
        NativeArrays loss = operators.crossEntropyBackward(projected, targets, weight);
        NativeArrays gradient =
            operators.projectBackward(loss, projected, weights.output(), gradientStages.output())) {
      backward(pass, gradient);
      operators.embedBackward(gradient, gradientStages.embedding(), ids);
      return operators.lossOf(loss);
    }
  }

  /**
   * Adds weight · H u to the gradients, where H is the Hessian of {@link #loss} at the parameters.
   * It takes several times the time and memory of {@link #accumulate}, most of it for attention.
   *
   * @param ids int64 [sequences, length], length at most the context
   * @param targets the token after every token, shaped like the ids
   * @param directions u, one array for every parameter, of its type and shape
   * @param weight such as 1 / number of micro-batches
   */
  public void accumulateHessianProduct(
      NDArray ids, NDArray targets, List<NDArray> directions, double weight) {
    checkIds(ids);
    checkTargets(ids, targets);
    gradients();
    if (hessianProduct == null) {
      DataType type = parameters.get(0).getDataType();
      hessianProduct = new HessianProduct(manager, configuration, type);
    }
    hessianProduct.accumulate(gradients, directions, parameters, ids, targets, weight);
  }

  private NativeArrays forward(ForwardPass pass, NDArray ids) {
    long sequences = ids.getShape().get(0);
    NativeArrays x = pass.keep(operators.embed(weights.embedding(), ids));
    for (Block block : weights.blocks()) {
      x = pass.keep(operators.attend(x, block.attention(), sequences));
      x = pass.keep(operators.feedForward(x, block.mlp()));
    }
    return operators.project(x, weights.output());
  }

  /**
   * Turns the gradient of the last block's output, in place, into that of the first one's input.
   */
  private void backward(ForwardPass pass, NativeArrays gradient) {
    for (int layer = configuration.layers() - 1; layer >= 0; layer--) {
      Block weight = weights.blocks().get(layer);
      Block sum = gradientStages.blocks().get(layer);
      try (NativeArrays saved = pass.takeLast()) {
        operators.feedForwardBackward(gradient, saved, weight.mlp(), sum.mlp());
      }
      try (NativeArrays saved = pass.takeLast()) {
        operators.attendBackward(gradient, saved, weight.attention(), sum.attention());
      }
    }
  }

  private void checkIds(NDArray ids) {
    Shape shape = ids.getShape();
    if (shape.dimension() != 2 || ids.getDataType() != DataType.INT64) {
      throw new IllegalArgumentException(
          "Invalid ids " + ids.getDataType() + " " + shape + ": must be int64 [sequences, length]");
    }
    if (shape.get(1) > configuration.context()) {
      throw new IllegalArgumentException(
          "Invalid sequence length "
              + shape.get(1)
              + ": must be at most model.context "
              + configuration.context());
    }
  }

  private static void checkTargets(NDArray ids, NDArray targets) {
    if (!targets.getShape().equals(ids.getShape())) {
      throw new IllegalArgumentException(
          "Invalid targets of shape " + targets.getShape() + ": must be " + ids.getShape());
    }
  }

  @Override
  public void close() {
    weights.close();
    if (gradientStages != null) {
      gradientStages.close();
      gradientList.close();
    }
    if (hessianProduct != null) {
      hessianProduct.close();
    }
    operators.close();
    manager.close();
  }
}
