package normuon.job.data;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;

/**
 * Which tokens make up a shard.
 *
 * @param split what they are for
 * @param name the name of the shard
 * @param header its header
 * @param pieces where its tokens lie now, in order
 */
public record ShardPlan(Split split, String name, ShardHeader header, List<Piece> pieces)
    implements Serializable {

  /** A range of bytes of a temporary file. */
  public record Piece(String file, long offset, long bytes) implements Serializable {}

  /**
   * Divides the tokens of one split into shards of equal size; the last one has what is left.
   *
   * @param runs the runs in the order of the text
   * @param split the split
   * @param width how tokens are written
   * @param shardTokens the number of tokens of a shard
   */
  public static List<ShardPlan> of(
      List<TokenRun> runs, Split split, TokenWidth width, int shardTokens) {
    List<ShardPlan> plans = new ArrayList<>();
    List<Piece> pieces = new ArrayList<>();
    int filled = 0;
    for (TokenRun run : runs) {
      long taken = 0;
      while (taken < run.tokens(split)) {
        int length = (int) Math.min(shardTokens - filled, run.tokens(split) - taken);
        pieces.add(
            new Piece(run.file(split), taken * width.bytes(), (long) length * width.bytes()));
        taken += length;
        filled += length;
        if (filled == shardTokens) {
          plans.add(of(split, plans.size(), new ShardHeader(width, filled), pieces));
          pieces.clear();
          filled = 0;
        }
      }
    }
    if (filled > 0) {
      plans.add(of(split, plans.size(), new ShardHeader(width, filled), pieces));
    }
    return plans;
  }

  private static ShardPlan of(Split split, int index, ShardHeader header, List<Piece> pieces) {
    String name = "%s-%05d.bin".formatted(split.label(), index);
    return new ShardPlan(split, name, header, List.copyOf(pieces));
  }

  /** Whether a file is named as shards are. */
  public static boolean isShardName(String file) {
    return file.matches("(train|validation)-\\d{5,}\\.bin");
  }
}
