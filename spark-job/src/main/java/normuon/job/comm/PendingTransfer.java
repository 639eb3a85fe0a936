package normuon.job.comm;

import normuon.optimizer.shard.Transfer;

/** A transfer whose messages are taken when it is awaited, once. */
final class PendingTransfer implements Transfer {

  private final Runnable receive;
  private boolean complete;

  PendingTransfer(Runnable receive) {
    this.receive = receive;
  }

  @Override
  public synchronized void await() {
    if (!complete) {
      receive.run();
      complete = true;
    }
  }
}
