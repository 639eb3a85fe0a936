package normuon.job.train;

import java.nio.LongBuffer;
import java.util.OptionalInt;
import normuon.job.config.GenerateSettings;
import normuon.job.config.RunConfiguration;
import normuon.job.data.TokenMixture;
import normuon.model.Decoding;
import normuon.model.Sampler;
import normuon.model.SamplingOptions;
import normuon.model.text.CharacterTokenizer;
import normuon.model.text.Tokenizer;

/** A text that the trained model writes, for a person to look at. */
final class TextSample {

  private TextSample() {}

  /** Writes a text; empty if the configuration asks for none. */
  static String of(RankSession session, RunConfiguration configuration) {
    GenerateSettings generate = configuration.generate();
    if (generate.tokens() == 0) {
      return "";
    }
    Tokenizer tokenizer = session.data().tokenizer();
    int[] prompt = {firstToken(session.data(), tokenizer)};
    try (Sampler sampler =
        new Sampler(
            session.state().model(),
            tokenizer.vocabularySize(),
            new SamplingOptions(generate.temperature(), generate.topK(), generate.topP()),
            Decoding.CACHED,
            configuration.train().seed())) {
      return tokenizer.decode(sampler.sample(prompt, generate.tokens())).strip();
    }
  }

  /** What a text may begin after: the end of another, a line break, or the text's own start. */
  private static int firstToken(TokenMixture data, Tokenizer tokenizer) {
    OptionalInt endOfText = tokenizer.endOfText();
    if (endOfText.isPresent()) {
      return endOfText.getAsInt();
    }
    LongBuffer start = LongBuffer.allocate(1);
    data.train().get(0).tokens().copyTokens(0, 1, start);
    return hasLineBreak(tokenizer) ? tokenizer.encode("\n")[0] : (int) start.get(0);
  }

  private static boolean hasLineBreak(Tokenizer tokenizer) {
    return !tokenizer.name().equals(CharacterTokenizer.NAME)
        || tokenizer.description().vocabulary().contains("\n");
  }
}
