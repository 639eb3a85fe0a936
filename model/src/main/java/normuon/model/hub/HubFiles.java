package normuon.model.hub;

/** The names of the files that Hugging Face's libraries look for. */
public final class HubFiles {

  /** The architecture and its numbers. */
  public static final String CONFIGURATION = "config.json";

  /** All weights, where one file holds them. */
  public static final String WEIGHTS = "model.safetensors";

  /** Which file holds which weight, where there are several. */
  public static final String WEIGHT_INDEX = "model.safetensors.index.json";

  /** The tokenizer. */
  public static final String TOKENIZER = "tokenizer.json";

  /** How a tokenizer's file is meant. */
  public static final String TOKENIZER_CONFIGURATION = "tokenizer_config.json";

  /** How text is generated. */
  public static final String GENERATION_CONFIGURATION = "generation_config.json";

  /** What people read first. */
  public static final String MODEL_CARD = "README.md";

  /** The most bytes that {@link #CONFIGURATION} may have. */
  public static final int LARGEST_CONFIGURATION = 10_000_000;

  /** The most bytes that {@link #TOKENIZER} may have. */
  public static final int LARGEST_TOKENIZER = 500_000_000;

  private HubFiles() {}
}
