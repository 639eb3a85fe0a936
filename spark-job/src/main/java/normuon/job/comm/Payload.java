package normuon.job.comm;

import java.nio.ByteBuffer;
import java.util.List;

/** The bytes of a message, on their way out or in; its last holder gives the memory back. */
sealed interface Payload permits PooledBuffer, SharedRows {

  /** The number of bytes. */
  int length();

  /** The bytes, in pieces one after the other, with positions of the caller's own. */
  List<ByteBuffer> parts();

  /** Adds holders, each of which must release the bytes. */
  void retain(int more);

  void release();
}
