package normuon.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.List;

/**
 * A decoder-only language model that has no weights of its own: it borrows them stage by stage
 * ({@link ModelStages}), so that they need not be whole in any one place. Shape and arithmetic are
 * those of {@link Gpt}, whose passes these are.
 *
 * <p>What takes several micro-batches goes breadth-first: all of them go through a stage before the
 * next one is borrowed, so that the weights travel once forward and once backward, however many
 * there are. In return, what {@link ComputeOptions#checkpointing} keeps is there for all of them at
 * once. An empty list is allowed: every stage is borrowed in the same order, as those that lend may
 * need everyone to take part.
 *
 * <p>A model is for one thread at a time. If a pass fails, whatever it has borrowed is given back,
 * but the gradients are half added.
 */
public final class StagedGpt implements AutoCloseable {

  private final NDManager manager;
  private final GptConfiguration configuration;
  private final ModelStages stages;
  private final ComputeOptions options;
  private final GptOperators operators;
  private final Stages weights;
  private final Stages wideWeights;
  private final Stages gradients;

  /** The model takes the manager and the operators over. */
  StagedGpt(
      NDManager manager,
      GptConfiguration configuration,
      ComputeOptions options,
      GptOperators operators,
      WeightForms weights,
      Stages gradients) {
    this.manager = manager;
    this.configuration = configuration;
    this.stages = ModelStages.of(configuration);
    this.options = options;
    this.operators = operators;
    this.weights = weights.computed();
    this.wideWeights = weights.wide();
    this.gradients = gradients;
  }

  /**
   * Opens a model that can be trained.
   *
   * @param parent on the device that is to compute; the model must be closed before it
   * @param configuration the model's shape
   * @param options how it computes
   * @param weights lends weights
   * @param gradients lends sums of gradients
   */
  public static StagedGpt borrowing(
      NDManager parent,
      GptConfiguration configuration,
      ComputeOptions options,
      StageWeights weights,
      StageGradients gradients) {
    NDManager manager = parent.newSubManager();
    GptOperators operators = new GptOperators(manager, configuration, options, DataType.FLOAT32);
    return new StagedGpt(
        manager,
        configuration,
        options,
        operators,
        new WeightForms(
            BorrowedStages.weights(configuration, operators, options.precision(), weights),
            BorrowedStages.weights(
                configuration, operators, ComputePrecision.F32, weights.exact())),
        BorrowedStages.gradients(configuration, operators, gradients));
  }

  /** Opens a model for everything but {@link #accumulate}. */
  public static StagedGpt borrowing(
      NDManager parent,
      GptConfiguration configuration,
      ComputeOptions options,
      StageWeights weights) {
    return borrowing(
        parent,
        configuration,
        options,
        weights,
        stage -> {
          throw new IllegalStateException(
              "Cannot accumulate gradients: the model was opened without them");
        });
  }

  /** The model's shape. */
  public GptConfiguration configuration() {
    return configuration;
  }

  /** Opens a manager on the model's device, for the arrays of one step; the caller closes it. */
  public NDManager newManager() {
    return manager.newSubManager();
  }

  /** The type of the residual stream, and of weights that are not multiplied in bfloat16. */
  DataType type() {
    return operators.type();
  }

  /** The weights in the type of the residual stream, as decoders compute. */
  Stages wideWeights() {
    return wideWeights;
  }

  /**
   * The logits of the next token after every token.
   *
   * @param ids int64 [sequences, length], length at most the context
   * @return [sequences, length, vocabulary], of the ids' manager
   */
  public NDArray logits(NDArray ids) {
    return forward(
            List.of(ids),
            (last, output, batch) ->
                operators.logits(ids.getManager(), last, output, ids.getShape().get(0)))
        .get(0);
  }

  /**
   * The mean cross-entropy of the targets in nats per token.
   *
   * @param ids int64 [sequences, length], length at most the context
   * @param targets the token after every token, shaped like the ids
   * @return a scalar of the ids' manager
   */
  public NDArray loss(NDArray ids, NDArray targets) {
    checkShape(ids, targets);
    return forward(
            List.of(ids),
            (last, output, batch) ->
                operators.crossEntropy(ids.getManager(), last, output, targets))
        .get(0);
  }

  /**
   * The mean cross-entropy of every micro-batch in nats per token, whatever its weight.
   *
   * @param batches any number
   */
  public List<Double> losses(List<MicroBatch> batches) {
    batches.forEach(batch -> checkShape(batch.ids(), batch.targets()));
    return forward(
        ids(batches),
        (last, output, batch) ->
            operators.meanCrossEntropy(manager, last, output, batches.get(batch).targets()));
  }

  /**
   * Draws the token after every token from the model's own predictions: the labels of the
   * Gauss–Newton–Bartlett estimate of the curvature.
   *
   * @param ids of any number of micro-batches, each int64 [sequences, length], length at most the
   *     context
   * @param uniforms float64 in [0, 1), one array for each of the ids and shaped like it: the same
   *     numbers draw the same tokens
   * @return int64, each shaped like the ids, and of their manager
   */
  public List<NDArray> sampleTargets(List<NDArray> ids, List<NDArray> uniforms) {
    if (uniforms.size() != ids.size()) {
      throw new IllegalArgumentException(
          "Invalid number of uniforms " + uniforms.size() + ": must be " + ids.size());
    }
    for (int i = 0; i < ids.size(); i++) {
      checkShape(ids.get(i), uniforms.get(i));
    }
    return forward(
        ids,
        (last, output, batch) ->
            operators.sampleTargets(
                ids.get(batch).getManager(), last, output, uniforms.get(batch)));
  }

  private <T> List<T> forward(List<NDArray> ids, BreadthFirst.OutputPass<T> output) {
    ids.forEach(this::checkIds);
    try (BreadthFirst pass = pass()) {
      pass.forwardOnly(ids);
      return pass.throughOutput(output);
    }
  }

  /**
   * Adds the gradient of the sum of weight · loss to the gradients. Every parameter's gradients are
   * added in the order of the micro-batches, as if they came one by one, and so give the same bits;
   * but those of an embedding that is the head too: all micro-batches through the head come before
   * the first through the embedding.
   *
   * @param batches any number
   * @return the sum of weight · loss, where a loss is the mean cross-entropy in nats per token
   */
  public double accumulate(List<MicroBatch> batches) {
    List<Double> losses = accumulateEach(batches);
    double sum = 0;
    for (int i = 0; i < batches.size(); i++) {
      sum += batches.get(i).weight() * losses.get(i);
    }
    return sum;
  }

  /** As {@link #accumulate}: the losses themselves. */
  List<Double> accumulateEach(List<MicroBatch> batches) {
    List<NDArray> ids = ids(batches);
    ids.forEach(this::checkIds);
    batches.forEach(batch -> checkShape(batch.ids(), batch.targets()));
    try (BreadthFirst pass = pass()) {
      pass.forward(ids);
      return pass.backward(batches, gradients);
    }
  }

  private BreadthFirst pass() {
    return new BreadthFirst(operators, options.checkpointing(), stages, weights);
  }

  private static List<NDArray> ids(List<MicroBatch> batches) {
    return batches.stream().map(MicroBatch::ids).toList();
  }

  /** Refuses what are no ids of this model. */
  void checkIds(NDArray ids) {
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

  /** Refuses targets, or numbers to draw them by, that are not of these ids. */
  static void checkShape(NDArray ids, NDArray targets) {
    if (!targets.getShape().equals(ids.getShape())) {
      throw new IllegalArgumentException(
          "Invalid targets of shape " + targets.getShape() + ": must be " + ids.getShape());
    }
  }

  /** Frees the model's own arrays. What lends its weights stays open. */
  @Override
  public void close() {
    operators.close();
    manager.close();
  }
}
