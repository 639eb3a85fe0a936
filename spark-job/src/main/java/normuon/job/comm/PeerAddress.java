package normuon.job.comm;

/** Where a rank listens. */
record PeerAddress(int rank, String host, int port) {

  @Override
  public String toString() {
    return "rank " + rank + " (" + host + ":" + port + ")";
  }
}
