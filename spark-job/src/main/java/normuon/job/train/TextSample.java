package normuon.job.train;

import normuon.job.config.RunConfiguration;

/** A text that the trained model writes, for a person to look at. */
final class TextSample {

  private TextSample() {}

  /** Writes a text; empty if the configuration asks for none. */
  static String of(RankSession session, RunConfiguration configuration) {
    return "";
  }
}
