package normuon.job.train;

import normuon.job.config.GenerateSettings;
import normuon.job.config.RunConfiguration;
import normuon.model.Decoding;
import normuon.model.Sampler;
import normuon.model.SamplingOptions;
import normuon.model.StagedGpt;
import normuon.model.text.Tokenizer;

/** A text that the trained model writes, for a person to look at. */
final class TextSample {

  private TextSample() {}

  /** Writes a text; empty if the configuration asks for none. */
  static String of(RankSession session, StagedGpt model, RunConfiguration configuration) {
    GenerateSettings generate = configuration.generate();
    if (generate.tokens() == 0) {
      return "";
    }
    Tokenizer tokenizer = session.data().tokenizer();
    int[] prompt = {tokenizer.beginning()};
    try (Sampler sampler =
        new Sampler(
            model,
            tokenizer.vocabularySize(),
            new SamplingOptions(generate.temperature(), generate.topK(), generate.topP()),
            Decoding.CACHED,
            configuration.train().seed())) {
      return tokenizer.decode(sampler.sample(prompt, generate.tokens())).strip();
    }
  }
}
