package normuon.job.charts;

import java.util.List;

/**
 * The pictures that NorMuon's paper argues with: how even the rows of updates are, and how well
 * conditioned momentum and update are; by kind of matrix, by layer and by step.
 */
final class DiagnosticsSection {

  /** What stands in the place of a picture for which nothing was measured. */
  static final String NO_DATA =
      "No data: the optimizer is measured every report.diagnostics_every_steps steps.";

  private final RunColors colors;

  DiagnosticsSection(RunColors colors) {
    this.colors = colors;
  }

  String html() {
    RowNormPictures rows = new RowNormPictures(colors);
    ConditionPictures condition = new ConditionPictures(colors);
    return section(
            "Row norms of the update, by layer",
            "How long the update of each neuron is (of each column, where the rule normalizes those),"
                + " over the matrix' mean (1), at the last measured step; on a logarithmic axis. Hollow: the polar factor before normalization."
                + " Filled: the update. Box: quartiles and median; whiskers: p5 and p95.",
            rows.byLayer())
        + section(
            "Row norms of the update, by step",
            "Bands from p5 to p95, and medians; of each the median over the layers, on a"
                + " logarithmic axis. Gray: the polar factor before normalization. Colored: the"
                + " update.",
            rows.byStep())
        + section(
            "Condition number, by step",
            "Largest over smallest singular value, at most 1,000,000; the median over the layers, on"
                + " a logarithmic axis. Dashed: the momentum. Solid: the update.",
            condition.byStep())
        + section(
            "Condition number, by layer",
            "At the last measured step, on a logarithmic axis. Hollow: the momentum. Filled: the"
                + " update.",
            condition.byLayer())
        + section(
            "Update to weight, by step",
            "Norm of a step's update over the norm of the weight, the median over the layers, on a"
                + " logarithmic axis.",
            condition.updateToWeight());
  }

  private static String section(String heading, String explanation, List<String> pictures) {
    return pictures.isEmpty()
        ? Markup.section(heading, Markup.paragraph("nothing", NO_DATA))
        : Markup.section(
            heading,
            Markup.paragraph("explanation", explanation),
            Markup.grid(pictures.get(0).startsWith("<figure") ? "narrow" : "whole", pictures));
  }
}
