package normuon.job.checkpoint;

import java.io.EOFException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeSet;
import org.apache.hadoop.fs.ChecksumException;

/** Looks for the newest checkpoint whose every byte is as it was written. */
public final class CheckpointSearch {

  /** Reads shards from end to end, wherever that is fastest. */
  @FunctionalInterface
  public interface ShardCheck {

    /** What is wrong with the shards of a checkpoint; empty if nothing is. */
    List<String> damages(CheckpointManifest manifest);
  }

  /**
   * A folder that holds no checkpoint to go on from.
   *
   * @param step its step
   * @param committed whether there once was a checkpoint; false for one that was never finished
   * @param reason what is wrong with it
   */
  public record PassedOver(long step, boolean committed, String reason) {}

  /**
   * What the search found.
   *
   * @param newest the newest whole checkpoint, if there is one
   * @param passedOver newer folders, newest first
   */
  public record Result(Optional<CheckpointManifest> newest, List<PassedOver> passedOver) {

    /** Whether there were checkpoints, and none is left. */
    public boolean lostAll() {
      return newest.isEmpty() && passedOver.stream().anyMatch(PassedOver::committed);
    }
  }

  private final CheckpointStore store;
  private final ShardCheck shards;

  /**
   * Creates a search.
   *
   * @param store where to search
   * @param shards how shards are verified
   */
  public CheckpointSearch(CheckpointStore store, ShardCheck shards) {
    this.store = store;
    this.shards = shards;
  }

  /**
   * Verifies checkpoints, the newest first, until one is whole.
   *
   * @throws UncheckedIOException if the store cannot be read
   */
  public Result newest() {
    OptionalLong latest = store.latest();
    TreeSet<Long> steps = new TreeSet<>(store.steps());
    latest.ifPresent(steps::add);
    List<PassedOver> passedOver = new ArrayList<>();
    for (long step : steps.descendingSet()) {
      boolean named = latest.equals(OptionalLong.of(step));
      try {
        CheckpointManifest manifest = store.readManifest(step);
        List<String> damages = shards.damages(manifest);
        if (damages.isEmpty()) {
          return new Result(Optional.of(manifest), passedOver);
        }
        passedOver.add(new PassedOver(step, true, String.join("; ", damages)));
      } catch (FileNotFoundException e) {
        passedOver.add(new PassedOver(step, named, withoutManifest(named)));
      } catch (DamageException | ChecksumException | EOFException e) {
        passedOver.add(new PassedOver(step, true, e.getMessage()));
      } catch (IOException e) {
        throw new UncheckedIOException(
            "Cannot read checkpoint " + store.folder(step) + ": " + e.getMessage(), e);
      }
    }
    return new Result(Optional.empty(), passedOver);
  }

  private static String withoutManifest(boolean named) {
    return ManifestFile.NAME
        + " does not exist"
        + (named ? ", although it was committed" : ": its writing was broken off");
  }
}
