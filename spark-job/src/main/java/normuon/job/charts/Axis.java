package normuon.job.charts;

/** Where values lie along one side of a chart. */
public sealed interface Axis permits LinearAxis, LogarithmicAxis {

  /** The value at its begin. */
  double least();

  /** The value at its end. */
  double most();

  /** Where a value lies: 0 at the begin, 1 at the end. */
  double share(double value);

  /** Round values within the range, about so many. */
  double[] ticks(int count);
}
