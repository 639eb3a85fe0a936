package normuon.job.comm;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;

/** A key store with a certificate that signs itself, and Spark's settings for TLS with it. */
public final class KeyStore {

  private static final String PASSWORD = "not a secret";

  private KeyStore() {}

  /** Makes the store in a folder, with the JDK's keytool. */
  public static Map<String, String> settings(Path folder) throws Exception {
    Path store = folder.resolve("ranks.p12");
    generate(store);
    Map<String, String> settings = new TreeMap<>();
    settings.put("spark.ssl.rpc.enabled", "true");
    settings.put("spark.ssl.rpc.protocol", "TLSv1.3");
    settings.put("spark.ssl.rpc.keyStore", store.toString());
    settings.put("spark.ssl.rpc.keyStoreType", "PKCS12");
    settings.put("spark.ssl.rpc.keyStorePassword", PASSWORD);
    settings.put("spark.ssl.rpc.keyPassword", PASSWORD);
    settings.put("spark.ssl.rpc.trustStore", store.toString());
    settings.put("spark.ssl.rpc.trustStoreType", "PKCS12");
    settings.put("spark.ssl.rpc.trustStorePassword", PASSWORD);
    return settings;
  }

  private static void generate(Path store) throws IOException, InterruptedException {
    Process keytool =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-alias",
                "rank",
                "-keyalg",
                "EC",
                "-dname",
                "CN=localhost",
                "-validity",
                "2",
                "-storetype",
                "PKCS12",
                "-storepass",
                PASSWORD,
                "-keystore",
                store.toString())
            .redirectErrorStream(true)
            .start();
    String output = new String(keytool.getInputStream().readAllBytes());
    assertThat(keytool.waitFor()).as("keytool: %s", output).isZero();
  }
}
