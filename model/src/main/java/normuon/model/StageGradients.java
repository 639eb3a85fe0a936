package normuon.model;

/**
 * Where a model adds its gradients, one stage at a time, last stage first. A parameter of two
 * stages, as a tied head is, has one array.
 */
public interface StageGradients {

  /**
   * The sums of a stage's gradients, float32, to be added to. Given back they are complete: no
   * stage is acquired twice in a backward pass.
   *
   * @param stage a number of {@link ModelStages}
   */
  HeldArrays acquire(int stage);
}
