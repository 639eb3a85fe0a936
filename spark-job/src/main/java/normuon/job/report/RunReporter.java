package normuon.job.report;

/** What the driver tells about a run. Calls come from one thread at a time. */
public interface RunReporter extends AutoCloseable {

  /**
   * The first step is about to begin.
   *
   * @param start what is trained, and from which step on
   */
  void started(RunStart start);

  /**
   * A rank begins where it was not before; of interest to few reporters.
   *
   * @param place rank, host, executor and device
   */
  default void placed(String place) {}

  /** A step is done. */
  void step(StepRecord step);

  /** A rank tells how it is doing, about once a second; of interest to few reporters. */
  default void rank(RankRecord rank) {}

  /** The weights were evaluated. */
  void evaluated(EvaluationRecord evaluation);

  /** The checkpoint of a step is complete: the run can go on from here. */
  void checkpointed(int step);

  /** Every step is done. */
  void finished(RunSummary summary);

  /** Releases what the reporter holds, however the run ended. */
  @Override
  void close();
}
