package normuon.job.charts;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where in the model a parameter is.
 *
 * @param layer its layer, from 0; -1 outside of the layers
 * @param kind what it is there, such as {@code q_proj}
 */
record ParameterPlace(int layer, String kind) {

  private static final Pattern IN_LAYER = Pattern.compile("(?:.*\\.)?layers\\.(\\d{1,6})\\.(.+)");
  private static final Pattern LAST_NAME = Pattern.compile("(?:.*\\.)?([^.]+)");

  /** Whether it belongs to a layer, as hidden matrices do. */
  boolean isInLayer() {
    return layer >= 0;
  }

  /** The place that a name in the layout of Hugging Face's Llama says. */
  static ParameterPlace of(String name) {
    String stem = name.endsWith(".weight") ? name.substring(0, name.length() - 7) : name;
    Matcher inLayer = IN_LAYER.matcher(stem);
    return inLayer.matches()
        ? new ParameterPlace(Integer.parseInt(inLayer.group(1)), lastName(inLayer.group(2)))
        : new ParameterPlace(-1, lastName(stem));
  }

  private static String lastName(String stem) {
    Matcher last = LAST_NAME.matcher(stem);
    return last.matches() ? last.group(1) : stem;
  }
}
