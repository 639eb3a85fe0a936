package normuon.job.checkpoint;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import normuon.torch.SafetensorsTensor;

/** The tensors of a checkpoint, put together from the row ranges of its shards. */
final class TensorTable {

  private record Piece(SafetensorsTensor tensor, RowRange rows) {}

  private final Map<String, List<Piece>> tensors = new TreeMap<>();

  void add(SafetensorsTensor tensor, RowRange rows) {
    tensors.computeIfAbsent(tensor.name(), name -> new ArrayList<>()).add(new Piece(tensor, rows));
  }

  /** The whole tensors, by name. */
  List<StoredTensor> whole() {
    return tensors.values().stream().map(pieces -> whole(pieces.get(0))).toList();
  }

  private static StoredTensor whole(Piece piece) {
    List<Long> shape = new ArrayList<>(Arrays.stream(piece.tensor.shape()).boxed().toList());
    shape.set(0, piece.rows.total());
    return new StoredTensor(piece.tensor.name(), piece.tensor.type().name(), shape);
  }

  /** Tensors that the shards do not hold exactly once, each with what is wrong. */
  List<String> gaps() {
    List<String> gaps = new ArrayList<>();
    tensors.forEach(
        (name, pieces) -> {
          pieces.sort(Comparator.comparingLong(piece -> piece.rows.start()));
          StoredTensor first = whole(pieces.get(0));
          long next = 0;
          for (Piece piece : pieces) {
            if (!whole(piece).equals(first)) {
              gaps.add("tensor " + first + " is " + whole(piece) + " in another shard");
            } else if (piece.rows.start() != next) {
              gaps.add(
                  "tensor %s: a shard has rows %s, and must have them from %d on"
                      .formatted(name, piece.rows, next));
            }
            next = piece.rows.end();
          }
          if (next != pieces.get(0).rows.total()) {
            gaps.add(
                "tensor %s: no shard has rows %d to %d"
                    .formatted(name, next, pieces.get(0).rows.total()));
          }
        });
    return gaps;
  }
}
