package normuon.job.report;

/** What the driver tells about a run. Calls come from one thread at a time. */
public interface RunReporter extends AutoCloseable {

  /**
   * The first step is about to begin.
   *
   * @param start what is trained, and from which step on
   */
  void started(RunStart start);

  /** Something that the user should know, before the first step or later. */
  default void notice(String line) {}

  /**
   * A rank begins where it was not before.
   *
   * @param place rank, host, executor and device
   */
  default void placed(String place) {}

  /** A step is done. */
  void step(StepRecord step);

  /** A rank tells how it is doing, about once a second; of interest to few reporters. */
  default void rank(RankRecord rank) {}

  /** The optimizer was measured in a step, which was told before. */
  default void diagnosed(StepDiagnostics diagnostics) {}

  /** The weights were evaluated. */
  void evaluated(EvaluationRecord evaluation);

  /**
   * What was told so far is about to be part of a checkpoint, and must outlive this process where
   * it is written down.
   */
  default void flush() {}

  /** The checkpoint of a step is complete: the run can go on from here. */
  void checkpointed(int step);

  /**
   * The run goes on after a step whose checkpoint is complete, on another number of ranks or after
   * a failure: later steps are made again.
   */
  default void continued(AttemptRecord attempt) {}

  /** The run ends before its last step. */
  default void failed(Throwable failure) {}

  /** Every step is done. */
  void finished(RunSummary summary);

  /** Releases what the reporter holds, however the run ended. */
  @Override
  void close();
}
