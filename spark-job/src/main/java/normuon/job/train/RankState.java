package normuon.job.train;

import static java.util.stream.Collectors.toSet;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import normuon.job.checkpoint.CheckpointTensor;
import normuon.model.Gpt;
import normuon.optimizer.MatrixBlocks;
import normuon.optimizer.ParameterGroup;
import normuon.optimizer.shard.Bucket;
import normuon.optimizer.shard.RowShard;
import normuon.torch.ParameterSpec;

/**
 * All that one rank keeps from step to step: the model with its whole weights, and this rank's
 * shard of the optimizer's state.
 *
 * <p>Everything native is freed by {@link #close()}, and not by closing the manager alone: the
 * model holds its arrays in lists that belong to no manager.
 */
final class RankState implements AutoCloseable {

  private final NDManager manager;
  private final Gpt model;
  private final UpdateRules rules;
  private final List<ParameterSpec> specs;
  private final List<NDArray> gradientRows = new ArrayList<>();
  private final List<MatrixBucket> buckets = new ArrayList<>();
  private final List<ElementGroup> elements = new ArrayList<>();

  /**
   * Allocates the state of step 0.
   *
   * @param manager that of model and rules; closed with this state
   * @param model the model with its first weights; closed with this state
   * @param rules the rules of a step
   * @param groups which rule updates which parameter
   * @param buckets which rank owns which matrix, and which travel together
   * @param place this rank and how many there are
   */
  RankState(
      NDManager manager,
      Gpt model,
      UpdateRules rules,
      List<ParameterGroup> groups,
      List<Bucket> buckets,
      Place place) {
    this.manager = manager;
    this.model = model;
    this.rules = rules;
    this.specs = Gpt.specs(model.configuration());
    for (ParameterSpec spec : specs) {
      gradientRows.add(zeros(spec, place.shard(spec).rows()));
    }
    for (Bucket bucket : buckets) {
      boolean owned = bucket.owner() == place.rank();
      ParameterGroup.Settings settings = settings(groups, bucket.matrices().get(0));
      List<MatrixShard> matrices =
          bucket.matrices().stream()
              .map(
                  spec -> matrix(spec, place, owned ? secondMoment(spec, settings.blocks()) : null))
              .toList();
      this.buckets.add(new MatrixBucket(bucket.owner(), settings, matrices));
    }
    for (ParameterGroup group : groups) {
      if (!group.settings().rule().orthogonalizes()) {
        elements.add(
            new ElementGroup(
                group.settings(),
                group.parameters().stream().map(spec -> element(spec, place)).toList()));
      }
    }
    requireEveryParameterOnce();
  }

  /** A parameter without a rule would stay as it is, and nothing else would say so. */
  private void requireEveryParameterOnce() {
    Stream<ParameterSpec> inBuckets =
        buckets.stream().flatMap(bucket -> bucket.matrices().stream()).map(MatrixShard::spec);
    Stream<ParameterSpec> inElements =
        elements.stream().flatMap(group -> group.elements().stream()).map(ElementShard::spec);
    List<ParameterSpec> updated = Stream.concat(inBuckets, inElements).toList();
    for (ParameterSpec spec : specs) {
      if (Collections.frequency(updated, spec) != 1) {
        throw new IllegalArgumentException(
            "Invalid groups: %d rules update %s, must be one"
                .formatted(Collections.frequency(updated, spec), spec.name()));
      }
    }
  }

  private static ParameterGroup.Settings settings(
      List<ParameterGroup> groups, ParameterSpec parameter) {
    return groups.stream()
        .filter(group -> group.parameters().contains(parameter))
        .findFirst()
        .orElseThrow()
        .settings();
  }

  private MatrixShard matrix(ParameterSpec spec, Place place, NDArray secondMoment) {
    int index = specs.indexOf(spec);
    RowShard rows = place.shard(spec);
    return new MatrixShard(
        spec,
        rows,
        model.parameters().get(index),
        model.gradients().get(index),
        gradientRows.get(index),
        zeros(spec, rows.rows()),
        secondMoment);
  }

  private NDArray secondMoment(ParameterSpec spec, MatrixBlocks blocks) {
    long length = rules.matrices().secondMomentLength(spec.rows(), spec.columns(), blocks);
    return length == 0 ? null : manager.zeros(new Shape(length), DataType.FLOAT32);
  }

  private ElementShard element(ParameterSpec spec, Place place) {
    int index = specs.indexOf(spec);
    RowShard rows = place.shard(spec);
    return new ElementShard(
        spec,
        rows,
        model.parameters().get(index),
        model.gradients().get(index),
        gradientRows.get(index),
        zeros(spec, rows.rows()),
        zeros(spec, rows.rows()));
  }

  private NDArray zeros(ParameterSpec spec, long rows) {
    long[] shape = spec.shape().clone();
    shape[0] = rows;
    return manager.zeros(new Shape(shape), DataType.FLOAT32);
  }

  NDManager manager() {
    return manager;
  }

  Gpt model() {
    return model;
  }

  UpdateRules rules() {
    return rules;
  }

  /** The model's parameters, in its order. */
  List<ParameterSpec> specs() {
    return specs;
  }

  /** The gradients of this rank's sequences, in the order of the model's parameters. */
  List<NDArray> gradients() {
    return model.gradients();
  }

  /** This rank's rows of the mean gradients, in the order of the model's parameters. */
  List<NDArray> gradientRows() {
    return gradientRows;
  }

  /** The orthogonalized matrices, in the order they are worked on; the same on every rank. */
  List<MatrixBucket> buckets() {
    return buckets;
  }

  /** The parameters that are updated element by element. */
  List<ElementGroup> elements() {
    return elements;
  }

  /** This rank's part of a checkpoint: its rows of all weights and of the optimizer's state. */
  List<CheckpointTensor> shard() {
    return tensors(false);
  }

  /** All that this rank has to read from a checkpoint: whole weights, its rows of the rest. */
  List<CheckpointTensor> restored() {
    return tensors(true);
  }

  /** The whole weights alone. */
  List<CheckpointTensor> weights() {
    Set<String> names = specs.stream().map(ParameterSpec::name).collect(toSet());
    return restored().stream().filter(tensor -> names.contains(tensor.name())).toList();
  }

  private List<CheckpointTensor> tensors(boolean wholeWeights) {
    Stream<CheckpointTensor> ofMatrices =
        buckets.stream()
            .flatMap(bucket -> bucket.matrices().stream())
            .flatMap(matrix -> tensors(matrix, wholeWeights));
    Stream<CheckpointTensor> ofElements =
        elements.stream().flatMap(group -> tensors(group, wholeWeights));
    return Stream.concat(ofMatrices, ofElements)
        .filter(tensor -> !tensor.rows().isEmpty())
        .toList();
  }

  private static Stream<CheckpointTensor> tensors(MatrixShard matrix, boolean wholeWeights) {
    ParameterSpec spec = matrix.spec();
    Stream<CheckpointTensor> sharded =
        Stream.of(
            weight(spec, matrix.rows(), matrix.weight(), wholeWeights),
            rows(spec, ".momentum", matrix.rows(), matrix.momentum()));
    if (matrix.secondMoment() == null) {
      return sharded;
    }
    NDArray second = matrix.secondMoment();
    RowShard all = new RowShard(0, second.size());
    String name = spec.name() + ".second_moment";
    return Stream.concat(
        sharded, Stream.of(new CheckpointTensor(name, all.rows(), all, second, 0)));
  }

  /** The names are those of the rules' PyTorch implementations. */
  private static Stream<CheckpointTensor> tensors(ElementGroup group, boolean wholeWeights) {
    String curvature = group.settings().rule().estimatesCurvature() ? ".hessian" : ".exp_avg_sq";
    return group.elements().stream()
        .flatMap(
            element ->
                Stream.of(
                    weight(element.spec(), element.rows(), element.weight(), wholeWeights),
                    rows(element.spec(), ".exp_avg", element.rows(), element.mean()),
                    rows(element.spec(), curvature, element.rows(), element.curvature())));
  }

  private static CheckpointTensor weight(
      ParameterSpec spec, RowShard rows, NDArray weight, boolean whole) {
    RowShard meant = whole ? new RowShard(0, spec.rows()) : rows;
    return new CheckpointTensor(spec.name(), spec.rows(), meant, weight, meant.start());
  }

  private static CheckpointTensor rows(
      ParameterSpec spec, String suffix, RowShard rows, NDArray array) {
    return new CheckpointTensor(spec.name() + suffix, spec.rows(), rows, array, 0);
  }

  @Override
  public void close() {
    model.close();
    manager.close();
  }
}
