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
 * All that one rank keeps from step to step: its part of the weights, which may be all, and its
 * shard of the optimizer's state.
 *
 * <p>Everything native is freed by {@link #close()}, and not by closing the manager alone: the
 * model holds its arrays in lists that belong to no manager.
 */
final class RankState implements AutoCloseable {

  private final NDManager manager;
  private final RankWeights weights;
  private final UpdateRules rules;
  private final Place place;
  private final List<ParameterSpec> specs;
  private final List<NDArray> gradientRows = new ArrayList<>();
  private final List<MatrixBucket> buckets = new ArrayList<>();
  private final List<ElementGroup> elements = new ArrayList<>();
  private boolean abandoned;

  /**
   * Allocates the state of step 0.
   *
   * @param manager that of weights and rules; closed with this state
   * @param weights the first weights; closed with this state
   * @param rules the rules of a step
   * @param groups which rule updates which parameter
   * @param buckets which rank owns which matrix, and which travel together
   * @param place this rank and how many there are
   */
  RankState(
      NDManager manager,
      RankWeights weights,
      UpdateRules rules,
      List<ParameterGroup> groups,
      List<Bucket> buckets,
      Place place) {
    this.manager = manager;
    this.weights = weights;
    this.rules = rules;
    this.place = place;
    this.specs = Gpt.specs(weights.configuration());
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
        weights.arrays().get(index),
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
        weights.arrays().get(index),
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

  RankWeights weights() {
    return weights;
  }

  UpdateRules rules() {
    return rules;
  }

  /** The model's parameters, in its order. */
  List<ParameterSpec> specs() {
    return specs;
  }

  /** This rank's rows of the mean gradients, in the order of the model's parameters. */
  List<NDArray> gradientRows() {
    return gradientRows;
  }

  /** The same of some parameters. */
  List<NDArray> gradientRows(List<ParameterSpec> parameters) {
    return parameters.stream().map(spec -> gradientRows.get(specs.indexOf(spec))).toList();
  }

  /**
   * This rank's share of a sum over all ranks of what every group of them has: its own in the first
   * group, nothing in the others.
   */
  double[] countedOnce(double... own) {
    return place.group().index() == 0 ? own : new double[own.length];
  }

  /** The orthogonalized matrices, in the order they are worked on; the same on every rank. */
  List<MatrixBucket> buckets() {
    return buckets;
  }

  /** The parameters that are updated element by element. */
  List<ElementGroup> elements() {
    return elements;
  }

  /** This rank's part of a checkpoint: rows that no other rank writes. */
  List<CheckpointTensor> shard() {
    return kept()
        .map(
            tensor ->
                new CheckpointTensor(
                    tensor.name,
                    tensor.wholeRows,
                    tensor.written,
                    tensor.array,
                    tensor.written.start() - tensor.held.start()))
        .filter(tensor -> !tensor.rows().isEmpty())
        .toList();
  }

  /** All that this rank has to read from a checkpoint: what it holds. */
  List<CheckpointTensor> restored() {
    return kept()
        .map(
            tensor ->
                new CheckpointTensor(tensor.name, tensor.wholeRows, tensor.held, tensor.array, 0))
        .filter(tensor -> !tensor.rows().isEmpty())
        .toList();
  }

  /** The same of the weights alone. */
  List<CheckpointTensor> restoredWeights() {
    Set<String> names = specs.stream().map(ParameterSpec::name).collect(toSet());
    return restored().stream().filter(tensor -> names.contains(tensor.name())).toList();
  }

  /**
   * What lasts from step to step.
   *
   * @param held the rows in the array
   * @param written those of them that this rank writes to a checkpoint
   */
  private record KeptTensor(
      String name, long wholeRows, RowShard held, RowShard written, NDArray array) {}

  private Stream<KeptTensor> kept() {
    Stream<KeptTensor> ofMatrices =
        buckets.stream().flatMap(bucket -> bucket.matrices().stream()).flatMap(this::kept);
    return Stream.concat(ofMatrices, elements.stream().flatMap(this::kept));
  }

  private Stream<KeptTensor> kept(MatrixShard matrix) {
    ParameterSpec spec = matrix.spec();
    Stream<KeptTensor> rows =
        Stream.of(weight(spec, matrix.weight()), rows(spec, ".momentum", matrix.momentum()));
    if (matrix.secondMoment() == null) {
      return rows;
    }
    NDArray second = matrix.secondMoment();
    RowShard all = new RowShard(0, second.size());
    String name = spec.name() + ".second_moment";
    return Stream.concat(rows, Stream.of(new KeptTensor(name, all.rows(), all, all, second)));
  }

  /** The names are those of the rules' PyTorch implementations. */
  private Stream<KeptTensor> kept(ElementGroup group) {
    String curvature = group.settings().rule().estimatesCurvature() ? ".hessian" : ".exp_avg_sq";
    return group.elements().stream()
        .flatMap(
            element ->
                Stream.of(
                    weight(element.spec(), element.weight()),
                    rows(element.spec(), ".exp_avg", element.mean()),
                    rows(element.spec(), curvature, element.curvature())));
  }

  private KeptTensor weight(ParameterSpec spec, NDArray array) {
    return new KeptTensor(spec.name(), spec.rows(), weights.rows(spec), place.written(spec), array);
  }

  private KeptTensor rows(ParameterSpec spec, String suffix, NDArray array) {
    return new KeptTensor(
        spec.name() + suffix, spec.rows(), place.shard(spec), place.written(spec), array);
  }

  /** Has {@link #close} free nothing: an exchange that could not be stopped may reach all of it. */
  void abandon() {
    abandoned = true;
  }

  @Override
  public void close() {
    if (!abandoned) {
      weights.close();
      manager.close();
    }
  }
}
