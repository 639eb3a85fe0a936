package normuon.job.train;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Locale;
import normuon.job.config.DataSettings;
import normuon.job.config.RunConfiguration;
import normuon.job.data.Preparation;
import normuon.job.data.PreparationRequest;
import normuon.job.data.TokenManifest;
import org.apache.spark.sql.SparkSession;

/** The tokens that a configuration trains on. */
final class RunTokens {

  private RunTokens() {}

  /** Writes the tokens, unless they are there already. */
  static TokenManifest prepare(SparkSession spark, RunConfiguration configuration) {
    DataSettings data = configuration.data();
    PreparationRequest request =
        new PreparationRequest(
            data.path(),
            data.format().name().toLowerCase(Locale.ROOT),
            data.textColumn(),
            data.tokenizer().name().toLowerCase(Locale.ROOT),
            data.validationFraction(),
            configuration.tokensDirectory().toString(),
            configuration.model().context());
    try {
      return new Preparation(spark).prepare(request);
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot prepare data.path " + data.path(), e);
    }
  }
}
