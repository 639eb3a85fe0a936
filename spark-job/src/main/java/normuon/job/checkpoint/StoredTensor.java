package normuon.job.checkpoint;

import java.util.List;

/**
 * A tensor that a checkpoint holds, whatever the number of shards.
 *
 * @param name its name
 * @param type its element type, as safetensors writes it
 * @param shape its whole shape
 */
public record StoredTensor(String name, String type, List<Long> shape) {

  @Override
  public String toString() {
    return name + " " + type + shape;
  }
}
