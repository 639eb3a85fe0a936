package normuon.model.hub;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import normuon.model.Gpt;
import normuon.model.GptConfiguration;
import normuon.model.text.Tokenizer;
import normuon.model.text.TokenizerJson;
import normuon.torch.ParameterSpec;
import normuon.torch.SafetensorsWriter;

/**
 * Writes a model as a folder of Hugging Face's layout. Weights stream through a few megabytes of
 * memory, whatever their size. For one thread at a time.
 */
public final class HubModelWriter {

  /** Where transformers cuts, in bytes. */
  public static final long USUAL_SHARD_BYTES = 5_000_000_000L;

  /** Transformers refuses a file that does not say this of itself. */
  private static final Map<String, String> METADATA = Map.of("format", "pt");

  private final ModelFolder folder;
  private final WeightType type;
  private final long shardBytes;
  private final BlockBuffer floats = new BlockBuffer();
  private final BlockBuffer rounded = new BlockBuffer();

  /**
   * Creates the writer.
   *
   * @param folder where the files go
   * @param type what weights are rounded to
   * @param shardBytes the most bytes of weights in a file; a larger tensor has a file to itself
   */
  public HubModelWriter(ModelFolder folder, WeightType type, long shardBytes) {
    if (shardBytes < 1) {
      throw new IllegalArgumentException(
          "Invalid size of files " + shardBytes + ": must be at least 1 byte");
    }
    this.folder = folder;
    this.type = type;
    this.shardBytes = shardBytes;
  }

  /**
   * Writes weights, tokenizer and, last, the configuration, without which the folder is no model.
   *
   * @throws IllegalArgumentException if no architecture of transformers computes what the model
   *     does, or a weight is too large for the type
   */
  public void write(GptConfiguration shape, WeightSource weights, Tokenizer tokenizer)
      throws IOException {
    write(shape, weights, tokenizer, SpecialTokens.of(tokenizer));
  }

  /** As {@link #write(GptConfiguration, WeightSource, Tokenizer)}, with special tokens as given. */
  public void write(
      GptConfiguration shape, WeightSource weights, Tokenizer tokenizer, SpecialTokens tokens)
      throws IOException {
    String configuration = HubConfiguration.write(shape, type, tokens);
    writeWeights(Gpt.specs(shape), weights);
    folder.writeText(HubFiles.TOKENIZER, TokenizerJson.of(tokenizer));
    folder.writeText(
        HubFiles.TOKENIZER_CONFIGURATION,
        tokens
            .file(HubFiles.TOKENIZER_CONFIGURATION)
            .orElseGet(() -> TokenizerJson.configuration(tokenizer, shape.context())));
    folder.writeText(
        HubFiles.GENERATION_CONFIGURATION,
        tokens
            .file(HubFiles.GENERATION_CONFIGURATION)
            .orElseGet(() -> HubConfiguration.writeGeneration(tokens)));
    folder.writeText(HubFiles.CONFIGURATION, configuration);
  }

  private void writeWeights(List<ParameterSpec> parameters, WeightSource weights)
      throws IOException {
    List<List<ParameterSpec>> shards = shards(parameters);
    if (shards.size() == 1) {
      writeFile(HubFiles.WEIGHTS, parameters, weights);
      return;
    }
    Map<String, String> index = new TreeMap<>();
    for (int i = 0; i < shards.size(); i++) {
      String file = "model-%05d-of-%05d.safetensors".formatted(i + 1, shards.size());
      writeFile(file, shards.get(i), weights);
      shards.get(i).forEach(parameter -> index.put(parameter.name(), file));
    }
    long bytes = parameters.stream().mapToLong(this::bytes).sum();
    folder.writeText(HubFiles.WEIGHT_INDEX, WeightIndex.write(index, bytes));
  }

  private List<List<ParameterSpec>> shards(List<ParameterSpec> parameters) {
    List<List<ParameterSpec>> shards = new ArrayList<>();
    long room = 0;
    for (ParameterSpec parameter : parameters) {
      if (shards.isEmpty() || bytes(parameter) > room) {
        shards.add(new ArrayList<>());
        room = shardBytes;
      }
      shards.get(shards.size() - 1).add(parameter);
      room -= bytes(parameter);
    }
    return shards;
  }

  private long bytes(ParameterSpec parameter) {
    return parameter.elements() * type.stored().bytes();
  }

  private void writeFile(String file, List<ParameterSpec> parameters, WeightSource weights)
      throws IOException {
    List<SafetensorsWriter.Entry> entries =
        parameters.stream()
            .map(
                parameter ->
                    new SafetensorsWriter.Entry(
                        parameter.name(),
                        type.stored(),
                        parameter.shape(),
                        channel -> writeRows(parameter, weights, channel)))
            .toList();
    try (OutputStream out = folder.create(file)) {
      SafetensorsWriter.write(out, METADATA, entries);
    }
  }

  private void writeRows(ParameterSpec parameter, WeightSource weights, WritableByteChannel channel)
      throws IOException {
    long blockRows = WeightSource.blockRows(parameter);
    for (long row = 0; row < parameter.rows(); row += blockRows) {
      long end = Math.min(parameter.rows(), row + blockRows);
      ByteBuffer block = floats.room((end - row) * parameter.columns() * Float.BYTES);
      weights.readRows(parameter.name(), row, end, block);
      ByteBuffer rows = rounded(parameter, block.flip());
      while (rows.hasRemaining()) {
        channel.write(rows);
      }
    }
  }

  private ByteBuffer rounded(ParameterSpec parameter, ByteBuffer block) {
    ByteBuffer rows = rounded.room((long) block.remaining() / Float.BYTES * type.stored().bytes());
    try {
      type.round(block, rows);
      return rows;
    } catch (ArithmeticException tooLarge) {
      throw new IllegalArgumentException(
          "Cannot write %s as %s: %s".formatted(parameter.name(), type, tooLarge.getMessage()),
          tooLarge);
    }
  }
}
