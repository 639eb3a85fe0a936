package normuon.job.config;

import java.io.Serializable;

/**
 * Section {@code export}.
 *
 * @param huggingFace whether a run may train what Hugging Face's transformers has no architecture
 *     for
 */
public record ExportSettings(HuggingFace huggingFace) implements Serializable {

  /** What a run needs of {@code normuon export}. */
  public enum HuggingFace {
    /** The model must be one that can be exported; another is refused before it is trained. */
    REQUIRED,
    /** The model may be one that cannot. */
    OPTIONAL
  }
}
