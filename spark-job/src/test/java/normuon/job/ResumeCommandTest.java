package normuon.job;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ResumeCommandTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          submit/normuon train --set generate.tokens=5           | submit/normuon train --set generate.tokens=5
          --conf spark.normuon.data.tokenizer=byte train          | --conf spark.normuon.data.tokenizer=byte train
          --conf spark.authenticate.secret=abc\\ def train        | --conf spark.authenticate.secret=*** train
          --conf=spark.hadoop.fs.s3a.access.key=AK train          | --conf=spark.hadoop.fs.s3a.access.key=*** train
          -c spark.ssl.keyPassword=x -c spark.a=b                 | -c spark.ssl.keyPassword=*** -c spark.a=b
          """)
  void secretsAreLeftOut(String command, String told) {
    assertThat(ResumeCommand.of(Map.of("NORMUON_COMMAND", command))).isEqualTo(told);
  }
}
