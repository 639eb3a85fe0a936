package normuon.job.inference;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import normuon.model.HeldArrays;
import normuon.model.ModelStages;
import normuon.model.StageWeights;
import normuon.model.hub.WeightSource;
import normuon.torch.ParameterSpec;
import org.apache.hadoop.fs.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Weights that stay where they are stored: each stage is read whenever a model needs it, the next
 * one on a thread of its own while the model computes. At most two stages are in memory, in
 * float32; blocks, whose shapes are equal, are read into the same arrays again and again.
 *
 * <p>For one model at a time.
 */
public final class StoredStages implements StageWeights, AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(StoredStages.class);

  /** One that the model computes with, and one that is read meanwhile. */
  private static final int MOST = 2;

  private static final Duration LONGEST_END = Duration.ofSeconds(10);

  private final Path folder;
  private final ModelStages stages;
  private final WeightSource source;
  private final NDManager manager;
  private final List<StagePlace> places = new ArrayList<>();
  private final ExecutorService reader =
      Executors.newSingleThreadExecutor(
          task -> {
            Thread thread = new Thread(task, "stage-reader");
            thread.setDaemon(true);
            return thread;
          });

  /** A stage that is to come as soon as another one is given back. */
  private OptionalInt postponed = OptionalInt.empty();

  /**
   * Reads nothing yet.
   *
   * @param folder where the weights lie, for messages
   * @param stages the stages of the model
   * @param source the weights, which are closed with this
   * @param parent on the device that computes; outlives this
   */
  StoredStages(Path folder, ModelStages stages, WeightSource source, NDManager parent) {
    this.folder = folder;
    this.stages = stages;
    this.source = source;
    this.manager = parent.newSubManager();
  }

  @Override
  public synchronized void prefetch(int stage) {
    if (places.stream().noneMatch(place -> place.expects(stage))) {
      Optional<StagePlace> place = idlePlace(stages.specs(stage));
      place.ifPresentOrElse(idle -> begin(idle, stage), () -> postponed = OptionalInt.of(stage));
    }
  }

  /**
   * As of every {@link StageWeights}.
   *
   * @throws UncheckedIOException if it cannot be read
   * @throws IllegalStateException if two stages are held already
   */
  @Override
  public HeldArrays acquire(int stage) {
    StagePlace place = take(stage);
    try {
      return new Held(place, place.await());
    } catch (RuntimeException | Error e) {
      giveBack(place);
      throw e;
    }
  }

  private synchronized StagePlace take(int stage) {
    StagePlace taken =
        places.stream()
            .filter(place -> place.expects(stage))
            .findFirst()
            .orElseGet(() -> begin(anyPlace(stage), stage));
    taken.hold();
    if (postponed.isPresent() && postponed.getAsInt() == stage) {
      postponed = OptionalInt.empty();
    }
    return taken;
  }

  /** One that is idle, or else one that was prefetched for nothing. */
  private StagePlace anyPlace(int stage) {
    return idlePlace(stages.specs(stage))
        .or(() -> places.stream().filter(StagePlace::isFree).findFirst())
        .orElseThrow(
            () ->
                new IllegalStateException(
                    "Cannot acquire stage %d: %d others are held, and must be given back first"
                        .formatted(stage, MOST)));
  }

  private Optional<StagePlace> idlePlace(List<ParameterSpec> specs) {
    Optional<StagePlace> fitting =
        places.stream().filter(place -> place.isIdle() && place.fits(specs)).findFirst();
    if (fitting.isEmpty() && places.size() < MOST) {
      StagePlace place = new StagePlace(manager);
      places.add(place);
      return Optional.of(place);
    }
    return fitting.or(() -> places.stream().filter(StagePlace::isIdle).findFirst());
  }

  private StagePlace begin(StagePlace place, int stage) {
    place.expect(stage, stages.specs(stage), reader.submit(() -> read(stage, place)));
    return place;
  }

  private void read(int stage, StagePlace place) {
    List<ParameterSpec> specs = stages.specs(stage);
    Iterator<NDArray> arrays = place.allocate(specs).iterator();
    for (ParameterSpec spec : specs) {
      try {
        source.read(spec, arrays.next());
      } catch (IOException failed) {
        throw new UncheckedIOException(
            "Cannot read %s of model %s: %s".formatted(spec.name(), folder, failed.getMessage()),
            failed);
      }
    }
  }

  private synchronized void giveBack(StagePlace place) {
    place.giveBack();
    postponed.ifPresent(
        stage -> {
          postponed = OptionalInt.empty();
          prefetch(stage);
        });
  }

  /** Ends the thread and frees all stages, which must not be held any more. */
  @Override
  public void close() {
    reader.shutdownNow();
    try {
      if (!reader.awaitTermination(LONGEST_END.toMillis(), TimeUnit.MILLISECONDS)) {
        LOG.warn("Model {} is still being read after {}", folder, LONGEST_END);
      }
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
    }
    try {
      source.close();
    } catch (IOException failed) {
      throw new UncheckedIOException("Cannot close model " + folder, failed);
    } finally {
      manager.close();
    }
  }

  /** A stage that a model holds. */
  private final class Held implements HeldArrays {

    private final List<NDArray> arrays;
    private StagePlace place;

    Held(StagePlace place, List<NDArray> arrays) {
      this.place = place;
      this.arrays = arrays;
    }

    @Override
    public List<NDArray> arrays() {
      return arrays;
    }

    @Override
    public void close() {
      if (place != null) {
        giveBack(place);
        place = null;
      }
    }
  }
}
