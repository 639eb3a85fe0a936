package normuon.job.comm;

import ai.djl.ndarray.NDArray;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import normuon.optimizer.shard.Transfer;

/** Brings the rows that the ranks of a group hold together where they belong. */
final class RowGathering {

  private final Membership self;
  private final BucketExchange exchange;

  RowGathering(Membership self, BucketExchange exchange) {
    this.self = self;
    this.exchange = exchange;
  }

  /**
   * Begins to gather on this rank.
   *
   * @param call the call it is done in
   * @param rows this rank's rows
   * @param whole where all rows go
   * @param receivers who gets this rank's rows, too
   */
  Transfer start(Call call, List<NDArray> rows, List<NDArray> whole, List<Integer> receivers) {
    RowSequence own = RowSequence.all(rows);
    RowSequence place = place(whole, self.group().position());
    place.requireSize(own.size());
    // First of all, so that what comes meanwhile goes straight there.
    Map<Integer, RowSequence> places = new LinkedHashMap<>();
    for (int peer : self.groupPeers()) {
      places.put(peer, place(whole, peer % self.group().size()));
      exchange.expect(peer, call, places.get(peer));
    }
    exchange.send(receivers, call, own, place);
    return new PendingTransfer(
        () -> places.forEach((peer, theirs) -> exchange.receive(peer, call, theirs)));
  }

  private RowSequence place(List<NDArray> whole, int position) {
    return RowSequence.shard(whole, self.group().size(), position);
  }
}
