package normuon.job.charts;

/**
 * The size of a picture and of the margins for its labels, in units of about a pixel.
 *
 * @param width of the picture
 * @param height of the picture
 * @param left margin of the labels of values
 * @param right margin of the names of lines
 * @param top margin above the largest value
 * @param bottom margin of the labels of steps
 */
record Frame(int width, int height, int left, int right, int top, int bottom) {

  /** Of a chart with names beside its lines. */
  static final Frame LARGE = new Frame(520, 280, 54, 84, 14, 40);

  /** Of one chart among many. */
  static final Frame SMALL = new Frame(320, 190, 46, 12, 12, 38);

  double x(double share) {
    return left + share * (width - left - right);
  }

  double y(double share) {
    return height - bottom - share * (height - top - bottom);
  }
}
