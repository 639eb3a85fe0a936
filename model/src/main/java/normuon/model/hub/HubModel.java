package normuon.model.hub;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import normuon.model.Gpt;
import normuon.model.GptConfiguration;
import normuon.model.text.HuggingFaceTokenizer;
import normuon.model.text.Tokenizer;
import normuon.torch.BFloat16;
import normuon.torch.Float16;
import normuon.torch.ParameterSpec;
import normuon.torch.SafetensorsReader;
import normuon.torch.SafetensorsTensor;
import normuon.torch.SafetensorsType;

/**
 * A model in a folder of Hugging Face's layout, open for reading. Only headers are held in memory;
 * a thread at a time may read.
 */
public final class HubModel implements WeightSource {

  private static final Set<SafetensorsType> READABLE =
      new TreeSet<>(
          List.of(
              SafetensorsType.F16, SafetensorsType.BF16, SafetensorsType.F32, SafetensorsType.F64));

  private static final String EMBEDDING = "model.embed_tokens.weight";
  private static final String HEAD = "lm_head.weight";

  /** Old files of Llama hold the rotary frequencies, which follow from the configuration. */
  private static final String ROTARY_BUFFER = ".self_attn.rotary_emb.inv_freq";

  private final ModelFolder folder;
  private final GptConfiguration configuration;
  private final WeightFiles files;
  private final Map<String, ParameterSpec> parameters = new LinkedHashMap<>();
  private final BlockBuffer stored = new BlockBuffer();

  private HubModel(ModelFolder folder, GptConfiguration configuration, WeightFiles files) {
    this.folder = folder;
    this.configuration = configuration;
    this.files = files;
    Gpt.specs(configuration).forEach(spec -> parameters.put(spec.name(), spec));
  }

  /** Whether a folder looks like a model of Hugging Face's layout. */
  public static boolean isIn(ModelFolder folder) throws IOException {
    return folder.has(HubFiles.CONFIGURATION);
  }

  /**
   * Opens a model and compares the name, shape and type of each of its tensors with those that its
   * configuration asks for.
   *
   * @throws InvalidModelException if it is none that this program can be; lists what is wrong
   */
  public static HubModel open(ModelFolder folder) throws IOException {
    GptConfiguration configuration =
        HubConfiguration.read(
            folder.readText(HubFiles.CONFIGURATION, HubFiles.LARGEST_CONFIGURATION));
    WeightFiles files = WeightFiles.open(folder);
    try {
      HubModel model = new HubModel(folder, configuration, files);
      model.checkTensors();
      return model;
    } catch (IOException | RuntimeException e) {
      files.close();
      throw e;
    }
  }

  /** The model's shape; its context is {@code max_position_embeddings}. */
  public GptConfiguration configuration() {
    return configuration;
  }

  /** The folder's {@code tokenizer.json}; empty if it has none. */
  public Optional<Tokenizer> tokenizer() throws IOException {
    Optional<String> json = tokenizerJson();
    return json.isPresent()
        ? Optional.of(HuggingFaceTokenizer.ofJson(json.get()))
        : Optional.empty();
  }

  /** The text of {@code tokenizer.json}; empty if there is none. */
  public Optional<String> tokenizerJson() throws IOException {
    return folder.has(HubFiles.TOKENIZER)
        ? Optional.of(folder.readText(HubFiles.TOKENIZER, HubFiles.LARGEST_TOKENIZER))
        : Optional.empty();
  }

  /** The tokens that begin, end and fill up a text, for a copy of the model to have them too. */
  public SpecialTokens specialTokens() throws IOException {
    Map<String, String> files = new HashMap<>();
    for (String file :
        List.of(HubFiles.TOKENIZER_CONFIGURATION, HubFiles.GENERATION_CONFIGURATION)) {
      if (folder.has(file)) {
        files.put(file, folder.readText(file, HubFiles.LARGEST_CONFIGURATION));
      }
    }
    return SpecialTokens.of(
        folder.readText(HubFiles.CONFIGURATION, HubFiles.LARGEST_CONFIGURATION), files);
  }

  private void checkTensors() throws IOException {
    List<String> problems = new ArrayList<>();
    List<String> missing = new ArrayList<>();
    for (ParameterSpec parameter : parameters.values()) {
      if (files.names().contains(parameter.name())) {
        checkTensor(parameter, parameter.name()).ifPresent(problems::add);
      } else {
        missing.add(parameter.name());
      }
    }
    if (hasSuperfluousHead()) {
      checkTensor(parameters.get(EMBEDDING), HEAD).ifPresent(problems::add);
    }
    if (!missing.isEmpty()) {
      problems.add("missing are " + String.join(", ", missing));
    }
    List<String> unexpected = files.names().stream().filter(this::isUnexpected).toList();
    if (!unexpected.isEmpty()) {
      problems.add("not expected are " + String.join(", ", unexpected));
    }
    InvalidModelException.throwIfAny("weights in " + folder, problems);
  }

  private Optional<String> checkTensor(ParameterSpec parameter, String name) throws IOException {
    SafetensorsTensor tensor = files.holding(name).tensor(name);
    if (!Arrays.equals(tensor.shape(), parameter.shape())) {
      return Optional.of(tensor + " must have the shape " + Arrays.toString(parameter.shape()));
    }
    return READABLE.contains(tensor.type())
        ? Optional.empty()
        : Optional.of(tensor + " must be of a type in " + READABLE);
  }

  private boolean isUnexpected(String name) {
    boolean ignored = name.endsWith(ROTARY_BUFFER) || (name.equals(HEAD) && hasSuperfluousHead());
    return !parameters.containsKey(name) && !ignored;
  }

  private boolean hasSuperfluousHead() {
    return configuration.tiedHead() && files.names().contains(HEAD);
  }

  /**
   * Compares a head that is stored although it is the embedding, byte by byte.
   *
   * @throws InvalidModelException if they differ
   */
  public void requireTiedHead() throws IOException {
    if (!hasSuperfluousHead()) {
      return;
    }
    ParameterSpec embedding = parameters.get(EMBEDDING);
    BlockBuffer expected = new BlockBuffer();
    BlockBuffer found = new BlockBuffer();
    long blockRows = WeightSource.blockRows(embedding);
    for (long row = 0; row < embedding.rows(); row += blockRows) {
      long end = Math.min(embedding.rows(), row + blockRows);
      if (!block(EMBEDDING, row, end, expected).equals(block(HEAD, row, end, found))) {
        throw new InvalidModelException(
            "Invalid weights in %s: %s differs from %s in rows %d to %d, and tie_word_embeddings is true"
                .formatted(folder, HEAD, EMBEDDING, row, end - 1));
      }
    }
  }

  /** Rows of the embedding, or of the head, which is as wide. */
  private ByteBuffer block(String name, long start, long end, BlockBuffer memory)
      throws IOException {
    long columns = configuration.width();
    ByteBuffer rows = memory.room((end - start) * columns * Float.BYTES);
    readRows(name, columns, start, end, rows);
    return rows.flip();
  }

  @Override
  public void readRows(String name, long start, long end, ByteBuffer destination)
      throws IOException {
    ParameterSpec parameter = parameters.get(name);
    if (parameter == null) {
      throw new InvalidModelException("Parameter " + name + " does not exist");
    }
    readRows(name, parameter.columns(), start, end, destination);
  }

  private void readRows(String name, long columns, long start, long end, ByteBuffer destination)
      throws IOException {
    SafetensorsReader file = files.holding(name);
    SafetensorsType type = file.tensor(name).type();
    if (type == SafetensorsType.F32) {
      file.readRows(name, start, end, destination);
      return;
    }
    int elements = Math.toIntExact((end - start) * columns);
    ByteBuffer rows = stored.room((long) elements * type.bytes());
    file.readRows(name, start, end, rows);
    ByteBuffer floats =
        destination
            .slice(destination.position(), elements * Float.BYTES)
            .order(ByteOrder.LITTLE_ENDIAN);
    try {
      convert(type, rows.flip(), floats);
    } catch (ArithmeticException tooLarge) {
      throw new InvalidModelException(
          "Cannot read %s: %s".formatted(name, tooLarge.getMessage()), tooLarge);
    }
    destination.position(destination.position() + elements * Float.BYTES);
  }

  private static void convert(SafetensorsType type, ByteBuffer stored, ByteBuffer floats) {
    switch (type) {
      case BF16 -> BFloat16.widen(stored, floats);
      case F16 -> Float16.widen(stored, floats);
      case F64 -> {
        while (stored.hasRemaining()) {
          floats.putFloat(narrow(stored.getDouble()));
        }
      }
      default -> throw new IllegalArgumentException("Cannot read weights of type " + type);
    }
  }

  private static float narrow(double weight) {
    float narrow = (float) weight;
    if (Double.isFinite(weight) && Float.isInfinite(narrow)) {
      throw new ArithmeticException(
          "the weight " + weight + " is beyond " + Float.MAX_VALUE + ", the largest float32");
    }
    return narrow;
  }

  @Override
  public void close() throws IOException {
    files.close();
  }

  @Override
  public String toString() {
    return folder.toString();
  }
}
