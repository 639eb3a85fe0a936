package normuon.job.comm;

import io.netty.channel.epoll.Epoll;
import java.util.List;
import java.util.function.Supplier;
import org.apache.spark.SecurityManager;
import org.apache.spark.SparkConf;
import org.apache.spark.SparkEnv;
import org.apache.spark.network.client.TransportClientBootstrap;
import org.apache.spark.network.crypto.AuthClientBootstrap;
import org.apache.spark.network.crypto.AuthServerBootstrap;
import org.apache.spark.network.netty.SparkTransportConf;
import org.apache.spark.network.server.TransportServerBootstrap;
import org.apache.spark.network.util.TransportConf;
import scala.Option;

/**
 * How to reach peers: Spark's own transport, with the authentication and encryption that the
 * application asked of Spark.
 *
 * @param host the address to listen at
 * @param conf the transport's settings
 * @param serverBootstraps what a connection must pass that comes in
 * @param clientBootstraps what a connection must pass that goes out
 */
record TransportSettings(
    String host,
    TransportConf conf,
    List<TransportServerBootstrap> serverBootstraps,
    List<TransportClientBootstrap> clientBootstraps) {

  /** The transport's name in settings ({@code spark.normuon.io.*}) and in thread names. */
  static final String MODULE = "normuon";

  private static final String PREFIX = "spark." + MODULE + ".io.";
  private static final String SASL_ENCRYPTION = "spark.authenticate.enableSaslEncryption";

  /** The settings of the running executor or local driver. */
  static TransportSettings of(SparkEnv environment, CommunicationOptions options) {
    SparkConf conf = environment.conf();
    SecurityManager security = environment.securityManager();
    if (conf.getBoolean(SASL_ENCRYPTION, false)) {
      throw new IllegalArgumentException(
          "Invalid "
              + SASL_ENCRYPTION
              + "=true: it encrypts with 3DES at 5 MB/s; set spark.network.crypto.enabled=true"
              + " instead");
    }
    TransportConf transport =
        SparkTransportConf.fromSparkConf(
            withThreads(conf, options),
            MODULE,
            1,
            Option.empty(),
            Option.apply(security.getRpcSSLOptions()));
    String host = environment.blockManager().blockManagerId().host();
    if (!security.isAuthenticationEnabled()) {
      return new TransportSettings(host, transport, List.of(), List.of());
    }
    return new TransportSettings(
        host,
        transport,
        List.of(new AuthServerBootstrap(transport, security)),
        List.of(new AuthClientBootstrap(transport, conf.getAppId(), security)));
  }

  /** Where connections read to: straight to its place only what comes as it was sent. */
  Supplier<InPlaceReads> newReads() {
    boolean unencrypted = serverBootstraps.isEmpty() && !conf.sslRpcEnabled();
    return unencrypted ? InPlaceReads::unencrypted : InPlaceReads::never;
  }

  /** One thread receives and one sends: ranks need the processor for something else. */
  private static SparkConf withThreads(SparkConf conf, CommunicationOptions options) {
    String patience = options.deadline().toMillis() + "ms";
    return conf.clone()
        .setIfMissing(PREFIX + "mode", Epoll.isAvailable() ? "EPOLL" : "NIO")
        .setIfMissing(PREFIX + "serverThreads", "1")
        .setIfMissing(PREFIX + "clientThreads", "1")
        .setIfMissing(PREFIX + "connectionCreationTimeout", patience);
  }
}
