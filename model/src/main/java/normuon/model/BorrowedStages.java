package normuon.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.List;
import java.util.function.Function;
import java.util.function.IntConsumer;
import java.util.function.IntFunction;
import java.util.function.UnaryOperator;
import normuon.model.StageArrays.Block;
import normuon.torch.NativeArrays;
import normuon.torch.ParameterSpec;

/** Stages that somebody else has, and lends one by one. */
final class BorrowedStages implements Stages {

  private final ModelStages stages;
  private final int attentionArrays;
  private final GptOperators operators;
  private final IntConsumer prefetch;
  private final IntFunction<HeldArrays> source;
  private final UnaryOperator<NativeArrays> form;

  private BorrowedStages(
      GptConfiguration configuration,
      GptOperators operators,
      IntConsumer prefetch,
      IntFunction<HeldArrays> source,
      UnaryOperator<NativeArrays> form) {
    this.stages = ModelStages.of(configuration);
    this.attentionArrays = new ParameterLayout(configuration).attention(0).size();
    this.operators = operators;
    this.prefetch = prefetch;
    this.source = source;
    this.form = form;
  }

  /** Weights in the precision of products. */
  static Stages weights(
      GptConfiguration configuration,
      GptOperators operators,
      ComputePrecision precision,
      StageWeights weights) {
    return new BorrowedStages(
        configuration,
        operators,
        weights::prefetch,
        weights::acquire,
        arrays -> precision == ComputePrecision.BF16 ? narrowed(arrays, operators) : arrays);
  }

  private static NativeArrays narrowed(NativeArrays arrays, GptOperators operators) {
    try (arrays) {
      return operators.narrow(arrays);
    }
  }

  /** Sums of gradients, which nobody waits for. */
  static Stages gradients(
      GptConfiguration configuration, GptOperators operators, StageGradients gradients) {
    return new BorrowedStages(
        configuration, operators, stage -> {}, gradients::acquire, arrays -> arrays);
  }

  @Override
  public void prefetch(int stage) {
    prefetch.accept(stage);
  }

  @Override
  public Held<NDArray> embedding() {
    return borrow(ModelStages.EMBEDDING, arrays -> Held.resident(arrays.get(0)));
  }

  @Override
  public Held<Block> block(int layer) {
    return borrow(stages.block(layer), this::block);
  }

  @Override
  public Held<NativeArrays> output() {
    return borrow(
        stages.output(),
        arrays -> {
          NativeArrays list = list(arrays);
          return new Held<>(list, list::close);
        });
  }

  private Held<Block> block(List<NDArray> arrays) {
    NativeArrays attention = list(arrays.subList(0, attentionArrays));
    try {
      NativeArrays mlp = list(arrays.subList(attentionArrays, arrays.size()));
      Block block = new Block(attention, mlp);
      return new Held<>(block, block::close);
    } catch (RuntimeException | Error e) {
      attention.close();
      throw e;
    }
  }

  private NativeArrays list(List<NDArray> arrays) {
    return form.apply(NativeArrays.of(arrays));
  }

  /** The operators' lists end before the arrays are given back. */
  private <T> Held<T> borrow(int stage, Function<List<NDArray>, Held<T>> group) {
    HeldArrays held = source.apply(stage);
    try {
      checkArrays(stage, held.arrays());
      Held<T> grouped = group.apply(held.arrays());
      return new Held<>(
          grouped.arrays(),
          () -> {
            try (held) {
              grouped.close();
            }
          });
    } catch (RuntimeException | Error e) {
      held.close();
      throw e;
    }
  }

  private void checkArrays(int stage, List<NDArray> arrays) {
    List<ParameterSpec> specs = stages.specs(stage);
    if (arrays.size() != specs.size()) {
      throw new IllegalArgumentException(
          "Invalid number of arrays " + arrays.size() + ": must be those of " + specs);
    }
    for (int i = 0; i < specs.size(); i++) {
      NDArray array = arrays.get(i);
      Shape shape = new Shape(specs.get(i).shape());
      DataType type = operators.type();
      if (array.getDataType() != type || !array.getShape().equals(shape)) {
        throw new IllegalArgumentException(
            "Invalid array %s %s for %s: must be %s %s"
                .formatted(
                    array.getDataType(), array.getShape(), specs.get(i).name(), type, shape));
      }
    }
  }
}
