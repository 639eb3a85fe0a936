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
   * A rank begins where it was not before.
   *
   * @param place rank, host, executor and device
   */
  void placed(String place);

  /** A step is done. */
  void step(StepRecord step);

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
