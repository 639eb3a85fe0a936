package normuon.job.data;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import normuon.model.text.Tokenizer;
import normuon.model.text.TokenizerDescription;
import normuon.model.text.Tokenizers;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.sql.Row;

/**
 * Tokenizes the documents of one partition: rows of file, row index, text, and whether it is for
 * validation. Each document is followed by its separator. Gives a {@link TokenRun} for every
 * unbroken run of rows.
 */
final class DocumentTokenization implements MapPartitionsFunction<Row, Row> {

  private static final long serialVersionUID = 1L;

  private final TokenizerDescription description;
  private final TemporaryFolder folder;

  DocumentTokenization(TokenizerDescription description, TemporaryFolder folder) {
    this.description = description;
    this.folder = folder;
  }

  @Override
  public Iterator<Row> call(Iterator<Row> documents) throws IOException {
    Tokenizer tokenizer = Tokenizers.of(description);
    List<Row> runs = new ArrayList<>();
    Row document = documents.hasNext() ? documents.next() : null;
    while (document != null) {
      TokenRunWriter writer =
          new TokenRunWriter(folder.files(), folder.newFile("documents", runs.size()), tokenizer);
      String file = document.getString(0);
      long first = document.getLong(1);
      long next = first;
      try (writer) {
        while (document != null
            && document.getString(0).equals(file)
            && document.getLong(1) == next) {
          add(document, writer);
          next++;
          document = documents.hasNext() ? documents.next() : null;
        }
      }
      runs.add(writer.run(file, first).toRow());
    }
    return runs.iterator();
  }

  private static void add(Row document, TokenRunWriter writer) throws IOException {
    String text = document.getString(2);
    if (text == null || text.isEmpty()) {
      writer.addEmptyDocument();
      return;
    }
    Split split = document.getBoolean(3) ? Split.VALIDATION : Split.TRAIN;
    writer.addDocument();
    writer.add(split, text);
    writer.addSeparator(split);
  }
}
