package normuon.job.lake;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.is_valid_utf8;

import java.io.IOException;
import java.util.BitSet;
import java.util.Iterator;
import java.util.List;
import normuon.model.text.CharacterTokenizer;
import normuon.model.text.Tokenizer;
import normuon.model.text.Tokenizers;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.sql.Encoders;

/** The tokenizer of a name, which may need the characters of the documents. */
final class CorpusTokenizer {

  private CorpusTokenizer() {}

  /** Reads the documents if the tokenizer is made of their characters. */
  static Tokenizer of(String name, DocumentTable documents) throws IOException {
    if (!name.equals(CharacterTokenizer.NAME)) {
      return Tokenizers.byName(name);
    }
    List<Integer> characters =
        SourceFailure.whileReading(
            () ->
                documents
                    .rows()
                    .where(col(DocumentTable.REASON).isNull())
                    .where(is_valid_utf8(col(DocumentTable.TEXT)))
                    .select(DocumentTable.TEXT)
                    .as(Encoders.STRING())
                    .mapPartitions(
                        (MapPartitionsFunction<String, Integer>)
                            CorpusTokenizer::distinctCharacters,
                        Encoders.INT())
                    .distinct()
                    .collectAsList());
    // The line feed is always among them: it stands between documents.
    StringBuilder occurring = new StringBuilder("\n");
    characters.forEach(occurring::appendCodePoint);
    return CharacterTokenizer.ofText(occurring.toString());
  }

  private static Iterator<Integer> distinctCharacters(Iterator<String> texts) {
    BitSet occurring = new BitSet();
    texts.forEachRemaining(text -> text.codePoints().forEach(occurring::set));
    return occurring.stream().iterator();
  }
}
