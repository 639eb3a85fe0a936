package normuon.job.lake;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import normuon.model.text.Gpt2Tokenizer;
import normuon.model.text.Tokenizer;

/**
 * Documents of English words, each a function of its number: words of GPT-2's vocabulary, whose
 * order is about that of their frequency, drawn by Zipf's law; one in twelve is two words in one,
 * so that it is several tokens.
 */
final class GeneratedDocuments {

  /** As many tokens as are looked at for words. */
  private static final int TOKENS = 50_000;

  private final List<String> words = new ArrayList<>();
  private final int fewestWords;
  private final int mostWords;

  /** Documents of that many words, short ones as frequent as those of twice the length. */
  GeneratedDocuments(int fewestWords, int mostWords) {
    this.fewestWords = fewestWords;
    this.mostWords = mostWords;
    Tokenizer tokenizer = new Gpt2Tokenizer();
    for (int token = 0; token < TOKENS; token++) {
      String text = tokenizer.decode(token);
      if (text.matches(" [a-z]{2,}")) {
        words.add(text);
      }
    }
  }

  /** The document of a number. */
  String text(long number) {
    SplittableRandom random = new SplittableRandom(number);
    int length = (int) Math.floor(fewestWords * powerBelow(random, mostWords / fewestWords));
    StringBuilder text = new StringBuilder("Document " + number);
    for (int i = 0; i < length; i++) {
      text.append(word(random));
      int mark = random.nextInt(100);
      if (mark < 8) {
        text.append(word(random).trim());
      } else if (mark < 14) {
        text.append(',');
      } else if (mark < 20) {
        text.append('.');
      } else if (mark < 21) {
        text.append(".\n\nThe");
      }
    }
    return text.append(".\n").toString();
  }

  private String word(SplittableRandom random) {
    return words.get((int) powerBelow(random, words.size() + 1) - 1);
  }

  /** From 1 on and below a limit, every doubling as likely as the next. */
  private static double powerBelow(SplittableRandom random, double limit) {
    return Math.exp(random.nextDouble() * Math.log(limit));
  }
}
