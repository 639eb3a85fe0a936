package normuon.job.comm;

/** What a rank waits for, in the words of its error messages. */
interface Expectation {

  /** What it is needed for, such as "complete gather of owner 1 on rank 0". */
  String purpose();

  /** What is to come, such as "bucket 3". */
  String what();

  /** Who is to send it. */
  PeerAddress from();
}
