package normuon.job;

import com.sun.jna.Function;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import normuon.job.checkpoint.CheckpointSnapshot;
import normuon.job.checkpoint.CheckpointWriter;
import normuon.job.comm.TransportCollectives;
import normuon.job.data.BatchSource;
import normuon.optimizer.MatrixRule;
import org.apache.spark.api.plugin.DriverPlugin;
import org.apache.spark.api.plugin.ExecutorPlugin;
import org.apache.spark.api.plugin.PluginContext;
import org.apache.spark.api.plugin.SparkPlugin;

/**
 * Lets an executor send itself a signal in the middle of something: once it is told to, it looks
 * where its threads are, again and again, until one is there.
 */
public final class PhaseKill implements SparkPlugin {

  /** Spark's setting of the folder where a file named by a process tells it when to die. */
  static final String ORDERS = "spark.test.kill.orders";

  /** What an executor sends itself, with the number that it has on Linux. */
  enum Signal {
    KILL(9),
    STOP(19);

    private final int number;

    Signal(int number) {
      this.number = number;
    }
  }

  private static final int LOOKS_AT_SAME_THREADS = 200;

  /** What an executor may be in the middle of. */
  enum Moment {
    CONNECT("connect", TransportCollectives.class.getName()),
    DATA("step", BatchSource.class.getName()),
    BACKWARD("backward", "normuon.job.train.ReplicatedLayout", "normuon.job.train.ShardedLayout"),
    REDUCE("reduceGradients", "normuon.job.train.TrainStep"),
    COLLECT("collectMomentum", "normuon.job.train.MatrixUpdates"),
    ORTHOGONALIZE("update", MatrixRule.class.getName()),
    BROADCAST("receiveOthers", "normuon.job.train.MatrixUpdates"),
    APPLY("apply", "normuon.job.train.TrainStep", "normuon.job.train.MatrixUpdates"),
    /** After the last exchange of a segment: no other rank waits for this one. */
    SEGMENT_END("of", CheckpointSnapshot.class.getName()),
    CHECKPOINT("write", CheckpointWriter.class.getName());

    private final String method;

    /** Any of them: where a layout of weights has its own, it depends on the run. */
    private final List<String> types;

    Moment(String method, String... types) {
      this.method = method;
      this.types = List.of(types);
    }

    /** Whether there are such methods: one that was renamed would never be seen. */
    boolean exists() throws ClassNotFoundException {
      for (String type : types) {
        if (Arrays.stream(Class.forName(type).getDeclaredMethods())
            .noneMatch(declared -> declared.getName().equals(method))) {
          return false;
        }
      }
      return true;
    }

    private boolean isIn(Thread thread) {
      for (StackTraceElement frame : thread.getStackTrace()) {
        if (frame.getMethodName().equals(method) && types.contains(frame.getClassName())) {
          return true;
        }
      }
      return false;
    }
  }

  /** Tells an executor to send itself a signal at the next such moment. */
  static void order(Path orders, ProcessHandle executor, Moment moment, Signal signal)
      throws IOException {
    Path written = Files.writeString(orders.resolve("order"), moment + " " + signal);
    Files.move(
        written,
        orders.resolve(Long.toString(executor.pid())),
        StandardCopyOption.ATOMIC_MOVE,
        StandardCopyOption.REPLACE_EXISTING);
  }

  @Override
  public DriverPlugin driverPlugin() {
    return null;
  }

  @Override
  public ExecutorPlugin executorPlugin() {
    return new Executor();
  }

  private static final class Executor implements ExecutorPlugin {

    @Override
    public void init(PluginContext context, Map<String, String> settings) {
      int pid = (int) ProcessHandle.current().pid();
      Path order = Path.of(context.conf().get(ORDERS), Integer.toString(pid));
      // Loaded now, so that no time passes between the moment and the signal.
      Function kill = Function.getFunction("c", "kill");
      kill.invokeInt(new Object[] {pid, 0});
      Thread thread =
          new Thread(
              () -> {
                String[] words = read(order).split(" ");
                await(Moment.valueOf(words[0]));
                kill.invokeInt(new Object[] {pid, Signal.valueOf(words[1]).number});
              },
              "phase-kill");
      thread.setDaemon(true);
      thread.start();
    }

    private static String read(Path order) {
      while (!Files.exists(order)) {
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
      }
      try {
        return Files.readString(order);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    private static void await(Moment moment) {
      List<Thread> threads = ranks();
      for (int look = 1; threads.stream().noneMatch(moment::isIn); look++) {
        if (look % LOOKS_AT_SAME_THREADS == 0) {
          threads = ranks();
        }
      }
    }

    private static List<Thread> ranks() {
      return Thread.getAllStackTraces().keySet().stream()
          .filter(
              thread ->
                  thread.getName().startsWith("Executor task launch worker")
                      || thread.getName().equals("checkpoint-writer"))
          .toList();
    }
  }
}
