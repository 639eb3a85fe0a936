package normuon.job.lake;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import normuon.job.config.DocumentSettings.Duplicates;
import normuon.job.data.Split;
import normuon.job.data.TextReader;
import normuon.job.data.TokenRunWriter;
import normuon.model.text.Tokenizer;
import normuon.model.text.TokenizerDescription;
import normuon.model.text.Tokenizers;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.sql.Row;
import org.apache.spark.unsafe.types.UTF8String;

/**
 * Tokenizes the documents of one partition: rows of {@link DocumentTable#ordered} in their order.
 * Each document is followed by its separator. A document that is the same as the one before it is a
 * duplicate, as the order is by hash; one whose bytes are not UTF-8 is none. Gives a {@link
 * BucketRun} for every bucket.
 */
final class BucketTokenization implements MapPartitionsFunction<Row, Row> {

  private static final long serialVersionUID = 1L;

  private static final int HASH = 0;
  private static final int VALIDATION = 1;
  private static final int TEXT = 2;

  /** Documents of more bytes are tokenized piece by piece. */
  private static final int LONG_BYTES = 1 << 20;

  private final TokenizerDescription description;
  private final int bucketDigits;
  private final Duplicates duplicates;
  private final Journal journal;

  /**
   * Creates the tokenization.
   *
   * @param bucketDigits the number of digits of the hash that name a bucket
   */
  BucketTokenization(
      TokenizerDescription description, int bucketDigits, Duplicates duplicates, Journal journal) {
    this.description = description;
    this.bucketDigits = bucketDigits;
    this.duplicates = duplicates;
    this.journal = journal;
  }

  @Override
  public Iterator<Row> call(Iterator<Row> documents) throws IOException {
    Tokenizer tokenizer = Tokenizers.of(description);
    List<Row> runs = new ArrayList<>();
    Row document = documents.hasNext() ? documents.next() : null;
    while (document != null) {
      String bucket = document.getString(HASH).substring(0, bucketDigits);
      TokenRunWriter writer =
          new TokenRunWriter(
              journal.tokens().files(), journal.newFile("bucket-" + bucket), tokenizer);
      long dropped = 0;
      long invalid = 0;
      String last = "";
      try (writer) {
        while (document != null && document.getString(HASH).startsWith(bucket)) {
          String hash = document.getString(HASH);
          if (!UTF8String.fromBytes(document.getAs(TEXT)).isValid()) {
            invalid++;
          } else if (duplicates == Duplicates.DROP && hash.equals(last)) {
            dropped++;
          } else {
            add(document, writer, tokenizer);
          }
          last = hash;
          document = documents.hasNext() ? documents.next() : null;
        }
      }
      BucketRun run = BucketRun.of(writer.run(bucket, 0), dropped, invalid);
      journal.note(run);
      runs.add(run.toRow());
    }
    return runs.iterator();
  }

  private static void add(Row document, TokenRunWriter writer, Tokenizer tokenizer)
      throws IOException {
    Split split = document.getBoolean(VALIDATION) ? Split.VALIDATION : Split.TRAIN;
    byte[] text = document.getAs(TEXT);
    writer.addDocument();
    if (tokenizer.mayBeCut() && text.length > LONG_BYTES) {
      addPieces(split, text, writer);
    } else {
      writer.add(split, new String(text, StandardCharsets.UTF_8));
    }
    writer.addSeparator(split);
  }

  /** So that a long document needs little more memory than its bytes. */
  private static void addPieces(Split split, byte[] text, TokenRunWriter writer)
      throws IOException {
    try (TextReader reader = new TextReader(new ByteArrayInputStream(text))) {
      for (String piece = reader.next(); !piece.isEmpty(); piece = reader.next()) {
        writer.add(split, piece);
      }
    }
  }
}
