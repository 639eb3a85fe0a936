package normuon.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import normuon.model.GptConfiguration.Mlp;
import normuon.torch.ParameterSpec;
import normuon.torch.TorchRuntime;
import org.junit.jupiter.api.Test;

/** Gradients over many steps: where they lie, how they add up, what they cost, who may compute. */
class GptTrainingTest {

  private static final GptConfiguration SHAPE =
      new GptConfiguration(65, 2, 4, 2, 0, 64, 32, Mlp.SWIGLU, 96, true, false, 10000, 1e-6);

  @Test
  void microBatchesAddUpToTheBatch() {
    try (NDManager manager = TorchRuntime.newManager();
        Gpt model = Gpt.create(manager, SHAPE, 1)) {
      NDArray ids = tokens(manager, 4, 1);
      NDArray targets = tokens(manager, 4, 2);
      double loss = model.accumulate(ids, targets, 1);
      List<float[]> whole = values(model.gradients());
      model.zeroGradients();
      assertThat(model.gradients())
          .allSatisfy(g -> assertThat(g.abs().max().toFloatArray()[0]).isZero());
      double mean = 0;
      for (int i = 0; i < 4; i++) {
        String row = i + ":" + (i + 1);
        mean += model.accumulate(ids.get(row), targets.get(row), 0.25) / 4;
      }
      assertThat(mean).isCloseTo(loss, within(1e-6));
      List<float[]> sum = values(model.gradients());
      for (int i = 0; i < whole.size(); i++) {
        assertThat(distance(sum.get(i), whole.get(i))).isLessThan(1e-5 * norm(whole.get(i)));
      }
    }
  }

  @Test
  void gradientsKeepTheirMemory() {
    try (NDManager manager = TorchRuntime.newManager();
        Gpt model = Gpt.create(manager, SHAPE, 1)) {
      List<NDArray> before = model.gradients();
      NDArray ids = tokens(manager, 2, 1);
      model.accumulate(ids, ids, 1);
      List<float[]> once = values(before);
      model.accumulate(ids, ids, 1);
      assertThat(model.gradients()).isSameAs(before);
      for (int i = 0; i < once.size(); i++) {
        float[] twice = before.get(i).toFloatArray();
        for (int j = 0; j < twice.length; j++) {
          assertThat(twice[j]).isCloseTo(2 * once.get(i)[j], within(1e-7f));
        }
      }
    }
  }

  @Test
  void modelsOnTwoThreadsComputeTheSameBitsAsOneAlone() throws Exception {
    List<float[]> alone = descend(1);
    List<float[]> other = descend(2);
    ExecutorService threads = Executors.newFixedThreadPool(2);
    try {
      Future<List<float[]>> first = threads.submit(() -> descend(1));
      Future<List<float[]>> second = threads.submit(() -> descend(2));
      assertThat(first.get()).usingRecursiveComparison().isEqualTo(alone);
      assertThat(second.get()).usingRecursiveComparison().isEqualTo(other);
      assertThat(other.get(0)).isNotEqualTo(alone.get(0));
    } finally {
      threads.shutdown();
    }
  }

  /** Twenty steps of gradient descent: the weights at the end. */
  private static List<float[]> descend(long seed) {
    try (NDManager manager = TorchRuntime.newManager();
        Gpt model = Gpt.create(manager, SHAPE, seed)) {
      NDArray ids = tokens(manager, 3, seed);
      double first = 0;
      double last = 0;
      for (int step = 0; step < 20; step++) {
        model.zeroGradients();
        last = model.accumulate(ids, ids, 1);
        first = step == 0 ? last : first;
        for (int i = 0; i < model.parameters().size(); i++) {
          try (NDArray change = model.gradients().get(i).mul(-0.5f)) {
            model.parameters().get(i).addi(change);
          }
        }
      }
      assertThat(last).isLessThan(first - 1);
      return values(model.parameters());
    }
  }

  /** What one step keeps is 3 MB: 300 leaked steps would be nearly 1 GB. */
  @Test
  void manyStepsLeaveNothingBehind() {
    try (NDManager manager = TorchRuntime.newManager();
        Gpt model = Gpt.create(manager, SHAPE, 1);
        NDManager step = model.newManager()) {
      NDArray ids = tokens(step, 8, 1);
      for (int i = 0; i < 20; i++) {
        model.accumulate(ids, ids, 1);
      }
      int arrays = step.getManagedArrays().size();
      long memory = committedMemory();
      for (int i = 0; i < 300; i++) {
        model.accumulate(ids, ids, 1);
      }
      assertThat(step.getManagedArrays()).hasSize(arrays);
      assertThat(committedMemory() - memory).isLessThan(200L << 20);
    }
  }

  private static long committedMemory() {
    return ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class)
        .getCommittedVirtualMemorySize();
  }

  @Test
  void firstWeightsDependOnTheSeedAndTheNameAlone() {
    try (NDManager manager = TorchRuntime.newManager();
        Gpt one = Gpt.create(manager, SHAPE, 1);
        Gpt again = Gpt.create(manager, SHAPE, 1);
        Gpt other = Gpt.create(manager, SHAPE, 2)) {
      List<float[]> values = values(one.parameters());
      assertThat(values(again.parameters())).usingRecursiveComparison().isEqualTo(values);
      assertThat(values(other.parameters()).get(0)).isNotEqualTo(values.get(0));
      int query = 2;
      int output = 5;
      assertThat(Gpt.specs(SHAPE).get(output).name()).endsWith("o_proj.weight");
      assertThat(deviation(values.get(query))).isCloseTo(0.02, within(0.0005));
      assertThat(deviation(values.get(output))).isCloseTo(0.01, within(0.0003));
      assertThat(values.get(1)).containsOnly(1f);
    }
  }

  /** Of every role, and of the matrices that write into the residual stream. */
  @Test
  void firstRowsAreThoseOfTheWholeModel() {
    try (NDManager manager = TorchRuntime.newManager();
        Gpt whole = Gpt.create(manager, SHAPE, 3)) {
      List<ParameterSpec> specs = Gpt.specs(SHAPE);
      for (int i = 0; i < specs.size(); i++) {
        long half = specs.get(i).rows() / 2 + 1;
        NDArray rows = Gpt.initialRows(manager, SHAPE, specs.get(i), 3, 1, half);
        assertThat(rows.toFloatArray())
            .as("rows of %s", specs.get(i))
            .isEqualTo(whole.parameters().get(i).get("1:" + half).toFloatArray());
      }
    }
  }

  private static NDArray tokens(NDManager manager, int sequences, long seed) {
    return manager.create(TinyModels.tokens(sequences * 32, 65, seed), new Shape(sequences, 32));
  }

  private static List<float[]> values(List<NDArray> arrays) {
    List<float[]> values = new ArrayList<>();
    arrays.forEach(array -> values.add(array.toFloatArray()));
    return values;
  }

  private static double deviation(float[] values) {
    return norm(values) / Math.sqrt(values.length);
  }

  private static double norm(float[] values) {
    return distance(values, new float[values.length]);
  }

  private static double distance(float[] a, float[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += Math.pow((double) a[i] - b[i], 2);
    }
    return Math.sqrt(sum);
  }
}
