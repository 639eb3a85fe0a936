package normuon.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.List;
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
  private final GptOperators operators;
  private final StageArrays wideWeights;
  private final ComputeWeights weights;
  private final StagedGpt staged;
  private List<NDArray> gradients = List.of();
  private StageArrays gradientStages;
  private NativeArrays gradientList;
  private HessianProduct hessianProduct;

  private Gpt(
      NDManager manager,
      GptConfiguration configuration,
      ComputeOptions options,
      List<NDArray> parameters) {
    this.manager = manager;
    this.configuration = configuration;
    this.parameters = List.copyOf(parameters);
    DataType type = parameters.get(0).getDataType();
    this.operators = new GptOperators(manager, configuration, options, type);
    this.wideWeights = StageArrays.group(configuration, parameters);
    this.weights = new ComputeWeights(wideWeights, operators, options.precision());
    this.staged =
        new StagedGpt(
            manager,
            configuration,
            options,
            operators,
            new WeightForms(
                new ResidentStages(weights::current), new ResidentStages(() -> wideWeights)),
            new ResidentStages(this::gradientStages));
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
   * @param parent on the device that is to compute; the model must be closed before it
   * @param configuration the model's shape
   * @param seed the run's seed
   */
  public static Gpt create(NDManager parent, GptConfiguration configuration, long seed) {
    return create(parent, configuration, ComputeOptions.DEFAULT, seed);
  }

  /** As {@link #create(NDManager, GptConfiguration, long)}, for a model that computes otherwise. */
  public static Gpt create(
      NDManager parent, GptConfiguration configuration, ComputeOptions options, long seed) {
    NDManager manager = parent.newSubManager();
    List<NDArray> parameters = new ArrayList<>();
    for (ParameterSpec spec : specs(configuration)) {
      parameters.add(initialRows(manager, configuration, spec, seed, 0, spec.rows()));
    }
    return new Gpt(manager, configuration, options, parameters);
  }

  /** Creates a model around given values, which may be float64 and stay the caller's. */
  static Gpt of(NDManager parent, GptConfiguration configuration, List<NDArray> parameters) {
    return of(parent, configuration, ComputeOptions.DEFAULT, parameters);
  }

  static Gpt of(
      NDManager parent,
      GptConfiguration configuration,
      ComputeOptions options,
      List<NDArray> parameters) {
    return new Gpt(parent.newSubManager(), configuration, options, parameters);
  }

  /**
   * The random weights that {@link #create(NDManager, GptConfiguration, long)} begins with: some
   * rows of one parameter, in the memory of those rows.
   *
   * @param manager owns the result
   * @param configuration the model's shape
   * @param spec one of its parameters
   * @param seed the run's seed
   * @param firstRow the first row
   * @param endRow the row after the last one
   * @return float32, shaped like the parameter but for the number of rows
   */
  public static NDArray initialRows(
      NDManager manager,
      GptConfiguration configuration,
      ParameterSpec spec,
      long seed,
      long firstRow,
      long endRow) {
    boolean writesResidual =
        spec.name().endsWith("o_proj.weight") || spec.name().endsWith("down_proj.weight");
    double scale = writesResidual ? 1 / Math.sqrt(2.0 * configuration.layers()) : 1;
    return switch (spec.role()) {
      case VECTOR -> manager.ones(new Shape(endRow - firstRow));
      case EMBEDDING, HEAD, MATRIX ->
          Initialization.normal(manager, spec, seed, DEVIATION * scale, firstRow, endRow);
    };
  }

  /** The model's shape. */
  public GptConfiguration configuration() {
    return configuration;
  }

  /**
   * The same model as one that borrows its weights, from this one, in the format it computes in.
   */
  public StagedGpt staged() {
    return staged;
  }

  /** Opens a manager on the model's device, for the arrays of one step; the caller closes it. */
  public NDManager newManager() {
    return manager.newSubManager();
  }

  /**
   * The weights themselves, in the order of {@link #specs}: to be changed in place. Whoever changes
   * them after the first pass says so by {@link #weightsChanged}.
   */
  public List<NDArray> parameters() {
    return parameters;
  }

  /** Tells the model that its weights are not those of its last pass. */
  public void weightsChanged() {
    weights.changed();
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

  private StageArrays gradientStages() {
    gradients();
    return gradientStages;
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
    return staged.logits(ids);
  }

  /**
   * The mean cross-entropy of the targets in nats per token.
   *
   * @param ids int64 [sequences, length], length at most the context
   * @param targets the token after every token, shaped like the ids
   * @return a scalar of the ids' manager
   */
  public NDArray loss(NDArray ids, NDArray targets) {
    return staged.loss(ids, targets);
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
    return staged.sampleTargets(List.of(ids), List.of(uniforms)).get(0);
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
    return staged.accumulateEach(List.of(new MicroBatch(ids, targets, weight))).get(0);
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
    staged.checkIds(ids);
    StagedGpt.checkShape(ids, targets);
    gradients();
    if (hessianProduct == null) {
      DataType type = parameters.get(0).getDataType();
      hessianProduct = new HessianProduct(manager, configuration, type);
    }
    hessianProduct.accumulate(gradients, directions, parameters, ids, targets, weight);
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
    staged.close();
  }
}
