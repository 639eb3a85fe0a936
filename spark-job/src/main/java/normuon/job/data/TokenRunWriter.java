package normuon.job.data;

import java.io.BufferedOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.EnumMap;
import java.util.Map;
import java.util.OptionalInt;
import normuon.model.text.Tokenizer;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/** Tokenizes text into the temporary files of one run. */
public final class TokenRunWriter implements Closeable {

  private final FileSystem files;
  private final Path run;
  private final Tokenizer tokenizer;
  private final TokenWidth width;
  private final Map<Split, OutputStream> outputs = new EnumMap<>(Split.class);
  private final long[] tokens = new long[Split.values().length];
  private long documents;
  private long emptyDocuments;
  private long characters;

  /**
   * Opens a run.
   *
   * @param run its temporary files, but for the suffix that names the split
   */
  public TokenRunWriter(FileSystem files, Path run, Tokenizer tokenizer) {
    this.files = files;
    this.run = run;
    this.tokenizer = tokenizer;
    this.width = TokenWidth.of(tokenizer.vocabularySize());
  }

  /** Counts a document. */
  public void addDocument() {
    documents++;
  }

  /** Counts a document that has no text. */
  void addEmptyDocument() {
    emptyDocuments++;
  }

  /** Appends the tokens of a text. */
  public void add(Split split, String text) throws IOException {
    if (text.isEmpty()) {
      return;
    }
    characters += text.codePointCount(0, text.length());
    write(split, tokenizer.encode(text));
  }

  /** Appends what follows a document: the end of text, or a line feed if there is no such token. */
  public void addSeparator(Split split) throws IOException {
    OptionalInt endOfText = tokenizer.endOfText();
    int[] lineFeedOrEnd =
        endOfText.isPresent() ? new int[] {endOfText.getAsInt()} : tokenizer.encode("\n");
    write(split, lineFeedOrEnd);
  }

  private void write(Split split, int... encoded) throws IOException {
    if (encoded.length == 0) {
      return;
    }
    ByteBuffer bytes =
        ByteBuffer.allocate(encoded.length * width.bytes()).order(ByteOrder.LITTLE_ENDIAN);
    for (int token : encoded) {
      width.put(bytes, token);
    }
    output(split).write(bytes.array());
    tokens[split.ordinal()] += encoded.length;
  }

  private OutputStream output(Split split) throws IOException {
    OutputStream output = outputs.get(split);
    if (output == null) {
      Path file = new Path(run.getParent(), TokenRun.file(run.getName(), split));
      output = new BufferedOutputStream(files.create(file, true), 1 << 16);
      outputs.put(split, output);
    }
    return output;
  }

  /**
   * What was written, once this is closed.
   *
   * @param source orders the runs: what was read
   * @param first orders the runs of one source: where the run begins
   */
  public TokenRun run(String source, long first) {
    return new TokenRun(
        source,
        first,
        run.getName(),
        tokens[Split.TRAIN.ordinal()],
        tokens[Split.VALIDATION.ordinal()],
        documents,
        emptyDocuments,
        characters);
  }

  @Override
  public void close() throws IOException {
    for (OutputStream output : outputs.values()) {
      output.close();
    }
  }
}
