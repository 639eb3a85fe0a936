package normuon.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import normuon.torch.ParameterSpec;

/**
 * Lends copies of a resident model's weights, which are NaN once they are given back, and takes
 * gradients in arrays of its own. Refuses a model that is not announced as it should be, or holds
 * more than it may.
 */
final class LentStages implements StageWeights {

  /** What happened, in order: p(refetch), w(eights), g(radients) and -(given back) of a stage. */
  final List<String> events = new ArrayList<>();

  private final NDManager manager;
  private final ModelStages stages;
  private final Map<String, NDArray> weights = new HashMap<>();
  private final Map<String, NDArray> gradients = new HashMap<>();
  private final List<Integer> announced = new ArrayList<>();
  private final List<String> held = new ArrayList<>();
  private String failing = "";

  LentStages(NDManager manager, Gpt model) {
    this.manager = manager;
    this.stages = ModelStages.of(model.configuration());
    List<ParameterSpec> specs = Gpt.specs(model.configuration());
    for (int i = 0; i < specs.size(); i++) {
      weights.put(specs.get(i).name(), model.parameters().get(i));
      gradients.put(specs.get(i).name(), manager.zeros(new Shape(specs.get(i).shape())));
    }
  }

  /** Fails when an event of this name is due. */
  void failAt(String event) {
    failing = event;
  }

  List<String> held() {
    return held;
  }

  /** In the order of the model's parameters. */
  List<float[]> gradients(GptConfiguration shape) {
    return Gpt.specs(shape).stream()
        .map(spec -> gradients.get(spec.name()).toFloatArray())
        .toList();
  }

  @Override
  public void prefetch(int stage) {
    note("p" + stage);
    announced.add(stage);
    if (announced.size() > 2) {
      throw new AssertionError("Announced at one time: " + announced);
    }
  }

  /** The weights; those of the stage announced first. */
  @Override
  public HeldArrays acquire(int stage) {
    note("w" + stage);
    if (announced.isEmpty() || announced.remove(0) != stage) {
      throw new AssertionError("Stage " + stage + " was not announced first");
    }
    List<NDArray> lent =
        stages.specs(stage).stream().map(spec -> weights.get(spec.name()).duplicate()).toList();
    return new Lent("w" + stage, lent, true);
  }

  /** The same arrays each time: nothing is ever reduced. */
  StageGradients sums() {
    return stage -> {
      note("g" + stage);
      List<NDArray> sums =
          stages.specs(stage).stream().map(spec -> gradients.get(spec.name())).toList();
      return new Lent("g" + stage, sums, false);
    };
  }

  private void note(String event) {
    events.add(event);
    if (event.equals(failing)) {
      throw new IllegalStateException("Cannot lend " + event);
    }
  }

  private final class Lent implements HeldArrays {

    private final String name;
    private final List<NDArray> arrays;
    private final boolean poisoned;

    Lent(String name, List<NDArray> arrays, boolean poisoned) {
      this.name = name;
      this.arrays = arrays;
      this.poisoned = poisoned;
      held.add(name);
      if (held.size() > 2) {
        throw new AssertionError("Held at one time: " + held);
      }
    }

    @Override
    public List<NDArray> arrays() {
      return arrays;
    }

    @Override
    public void close() {
      if (!held.remove(name)) {
        throw new AssertionError("Given back twice: " + name);
      }
      events.add("-" + name);
      if (poisoned) {
        arrays.forEach(this::poison);
      }
    }

    private void poison(NDArray array) {
      manager.full(array.getShape(), Float.NaN).copyTo(array);
    }
  }
}
