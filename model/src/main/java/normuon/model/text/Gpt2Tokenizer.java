package normuon.model.text;

import com.knuddels.jtokkit.Encodings;
import com.knuddels.jtokkit.api.Encoding;
import com.knuddels.jtokkit.api.EncodingType;
import com.knuddels.jtokkit.api.IntArrayList;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.OptionalInt;

/**
 * The byte-pair encoding of GPT-2: 50,256 tokens of bytes and the end of text, 50,256. The
 * vocabulary comes with the jtokkit library, so that no file and no network is needed.
 */
public final class Gpt2Tokenizer implements Tokenizer {

  static final String NAME = "gpt2";

  private static final int END_OF_TEXT_TOKEN = 50_256;

  /** Shared, as reading the vocabulary takes longer than many a task has text for. */
  private static final Encoding ENCODING =
      Encodings.newLazyEncodingRegistry().getEncoding(EncodingType.R50K_BASE);

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public int vocabularySize() {
    return END_OF_TEXT_TOKEN + 1;
  }

  @Override
  public OptionalInt endOfText() {
    return OptionalInt.of(END_OF_TEXT_TOKEN);
  }

  @Override
  public int[] encode(String text) {
    return ENCODING.encodeOrdinary(text).toArray();
  }

  @Override
  public String decode(int... tokens) {
    return new String(bytesOf(tokens), StandardCharsets.UTF_8);
  }

  /** Of the tokens' own bytes: a character may be cut, and what is decoded would be U+FFFD. */
  @Override
  public long textBytes(int... tokens) {
    return bytesOf(Arrays.stream(tokens).filter(token -> token != END_OF_TEXT_TOKEN).toArray())
        .length;
  }

  @Override
  public TokenizerDescription description() {
    return new TokenizerDescription(NAME, "");
  }

  @Override
  public String sha256() {
    return VocabularyHash.of(vocabularySize(), this::bytesOf);
  }

  byte[] bytesOf(int... tokens) {
    IntArrayList list = new IntArrayList(tokens.length);
    for (int token : tokens) {
      if (token < 0 || token > END_OF_TEXT_TOKEN) {
        throw VocabularyHash.unknownToken(NAME, token, vocabularySize());
      }
      list.add(token);
    }
    return ENCODING.decodeBytes(list);
  }
}
