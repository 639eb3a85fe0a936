package normuon.job.comm;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.ReferenceCountUtil;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Closes a connection that says too much before it is known whose it is. Spark's decoder would
 * otherwise gather a frame of up to 2 GiB for anyone, and only then look at it.
 */
final class StrangerLimit extends ChannelInboundHandlerAdapter {

  /** Authentication and a greeting take a fraction of it. */
  static final int MOST_BYTES = 64 << 10;

  private static final Logger LOG = LoggerFactory.getLogger(StrangerLimit.class);

  private final BooleanSupplier known;
  private long received;

  /**
   * Creates the limit of one connection.
   *
   * @param known whether it is known by now whose connection it is
   */
  StrangerLimit(BooleanSupplier known) {
    this.known = known;
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    if (known.getAsBoolean()) {
      context.pipeline().remove(this);
      context.fireChannelRead(message);
      return;
    }
    received += message instanceof ByteBuf bytes ? bytes.readableBytes() : 0;
    if (received <= MOST_BYTES) {
      context.fireChannelRead(message);
      return;
    }
    ReferenceCountUtil.release(message);
    LOG.warn(
        "Closing the connection from {}: it sent {} bytes and has not greeted",
        context.channel().remoteAddress(),
        received);
    context.close();
  }
}
