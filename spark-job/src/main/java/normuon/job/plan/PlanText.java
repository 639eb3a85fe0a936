package normuon.job.plan;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** A plan for people. */
public final class PlanText {

  /** More matrices or ranks than this are told by their loads alone. */
  private static final int LONGEST_LIST = 32;

  private static final String[] UNITS = {"bytes", "KiB", "MiB", "GiB", "TiB", "PiB"};

  private final RunPlan plan;
  private final List<String> lines = new ArrayList<>();

  private PlanText(RunPlan plan) {
    this.plan = plan;
  }

  /** The plan in some dozens of lines. */
  public static String of(RunPlan plan) {
    PlanText text = new PlanText(plan);
    text.work();
    text.owners();
    text.memory();
    text.layouts();
    text.traffic();
    text.time();
    text.scaling();
    return String.join("\n", text.lines);
  }

  private void work() {
    add(
        "Plan for %d ranks: %,d weights; a rank takes up to %,d sequences of %,d tokens a step",
        plan.ranks(), plan.parameters(), plan.sequencesPerRank(), plan.context());
    add("%s", plan.passes());
    plan.rules().forEach(rule -> add("%s", rule));
  }

  private void owners() {
    add(
        "Owners: %,d matrices on %,d ranks, largest load / mean %.3f, %,d ranks own none",
        plan.owners().size(), plan.ranks(), plan.imbalance(), plan.ranksWithoutMatrix());
    if (plan.ranks() <= LONGEST_LIST) {
      for (int rank = 0; rank < plan.ranks(); rank++) {
        add("  rank %d: load / mean %.3f%s", rank, plan.loads().get(rank), owned(rank));
      }
    }
  }

  private String owned(int rank) {
    List<String> names =
        plan.owners().entrySet().stream()
            .filter(owner -> owner.getValue() == rank)
            .map(Map.Entry::getKey)
            .toList();
    return plan.owners().size() <= LONGEST_LIST
        ? names.stream().map(name -> "\n    " + name).collect(Collectors.joining())
        : ", " + names.size() + " matrices";
  }

  private void memory() {
    RankMemory memory = plan.memory();
    add("Memory of rank %d, which needs the most", memory.rank());
    boolean gathers = memory.gathered() > 0;
    bytes(gathers ? "its rows of weights" : "weights", memory.weights());
    if (memory.computeWeights() > 0) {
      bytes("their copies in bf16", memory.computeWeights());
    }
    if (!gathers) {
      bytes("gradients", memory.gradients());
    }
    bytes("its rows of gradients", memory.gradientRows());
    bytes("its rows of momentum", memory.momentumRows());
    bytes("second moments it owns", memory.secondMoments());
    bytes("its rows of both moments", memory.elementMoments());
    bytes("checkpoint being written", memory.snapshot());
    bytes("activations", memory.activations());
    bytes("backward pass or loss", memory.backward());
    if (gathers) {
      bytes("gathered weights", memory.gathered());
      bytes("gradients of the same stages", memory.gradients());
    }
    bytes("or: orthogonalization", memory.orthogonalization());
    if (gathers) {
      bytes("  and whole matrices", memory.wholeMatrices());
    }
    if (memory.curvature() > 0) {
      bytes("or: Sophia's curvature", memory.curvature());
    }
    bytes("transport buffers", memory.transportBuffers());
    bytes("Java and PyTorch", memory.runtime());
    bytes("native at its peak", memory.nativePeak());
    bytes("heap", memory.heap());
    if (memory.earlyMessages() > 0) {
      bytes("more if a rank lags, at most", memory.earlyMessages());
    }
    add(
        "  spark.executor.memoryOverhead must be at least %dm for one rank per executor",
        plan.overheadMebibytes(1));
  }

  private void layouts() {
    add(
        "%-26s %10s %10s %10s %10s %11s %10s %10s",
        "Memory by layout",
        "weights",
        "gradients",
        "optimizer",
        "gathered",
        "activations",
        "transport",
        "peak");
    for (LayoutMemory layout : plan.layouts()) {
      add(
          "  %-24s %10s %10s %10s %10s %11s %10s %10s",
          layout.layout(),
          size(layout.weights()),
          size(layout.gradients()),
          size(layout.optimizerState()),
          size(layout.gathered()),
          size(layout.activations()),
          size(layout.transport()),
          size(layout.nativePeak()));
    }
  }

  private void traffic() {
    add("Exchange per rank and step (the most of any rank)        sent    received    messages");
    flow("reduce-scatter of gradients", plan.traffic().reduceScatter());
    flow("all-reduce of norms and loss", plan.traffic().allReduce());
    flow("collect momentum", plan.traffic().collect());
    flow("broadcast updates", plan.traffic().broadcast());
    flow(
        plan.memory().gathered() > 0 ? "all-gather weights" : "all-gather other updates",
        plan.traffic().allGather());
    add("  all ranks together send %s a step", size(plan.allTraffic().total().sentBytes()));
  }

  private void time() {
    add(
        "Predicted time of a step at %s TFLOP/s, %s GB/s each way and %s us a message",
        number(plan.rates().flopsPerSecond() / 1e12),
        number(plan.rates().bytesPerSecond() / 1e9),
        number(plan.rates().secondsPerMessage() * 1e6));
    StepTime time = plan.time();
    seconds("forward and backward", time.backward());
    PassOverlap overlap = time.overlap();
    if (time.gather() > 0) {
      seconds("gather weights", time.gather());
      seconds("  gather_hidden_ms", overlap.gatherHidden());
      seconds("  gather_exposed_ms", overlap.gatherExposed());
    }
    seconds("reduce-scatter", time.reduceScatter());
    if (time.gather() > 0) {
      seconds("  reduce_hidden_ms", overlap.reduceHidden());
      seconds("  reduce_exposed_ms", overlap.reduceExposed());
    }
    seconds("all-reduce", time.allReduce());
    seconds("collect", time.collect());
    seconds("orthogonalize", time.orthogonalize());
    seconds("broadcast", time.broadcast());
    seconds("all-gather", time.allGather());
    if (time.curvature() > 0) {
      seconds("curvature, share of a step", time.curvature());
    }
    seconds("step, exchange hidden", time.step());
  }

  private void scaling() {
    ScalingLimit scaling = plan.scaling();
    add(
        "Scaling of this run, 1 to %,d ranks: fastest on %,d, %s ms a step",
        scaling.mostRanks(), scaling.fastestRanks(), milliseconds(scaling.fastestStep()));
    add("  exchange longer than computation: %s", from(scaling.exchangeFrom()));
    add("  largest matrix longer than forward and backward: %s", from(scaling.ownerFrom()));
  }

  private static String from(int ranks) {
    return ranks == 0 ? "never" : "from " + ranks + " ranks on";
  }

  private void bytes(String what, long bytes) {
    add("  %-28s %12s", what, size(bytes));
  }

  private void flow(String what, Flow flow) {
    add(
        "  %-44s %12s %11s %11d",
        what, size(flow.sentBytes()), size(flow.receivedBytes()), flow.sentMessages());
  }

  private void seconds(String what, double seconds) {
    add("  %-28s %12s ms", what, milliseconds(seconds));
  }

  private static String milliseconds(double seconds) {
    return String.format(Locale.ROOT, seconds < 0.1 ? "%.3f" : "%,.1f", 1000 * seconds);
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, "%.3g", value).replaceFirst("\\.?0+$", "");
  }

  /** Bytes with three digits and a unit of powers of 1024. */
  static String size(long bytes) {
    double value = bytes;
    int unit = 0;
    while (value >= 1024 && unit < UNITS.length - 1) {
      value /= 1024;
      unit++;
    }
    return unit == 0
        ? bytes + " " + UNITS[0]
        : String.format(Locale.ROOT, value < 100 ? "%.2f %s" : "%.0f %s", value, UNITS[unit]);
  }

  private void add(String pattern, Object... values) {
    lines.add(String.format(Locale.ROOT, pattern, values));
  }
}
