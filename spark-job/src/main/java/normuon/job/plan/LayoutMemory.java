package normuon.job.plan;

/**
 * What a layout of the weights takes of the rank that needs the most, in bytes. Not all parts come
 * at one time, and some parts have no name here, so that the peak is not their sum.
 *
 * @param layout for people
 * @param shardGroup ranks that hold all weights between them; 1 where every rank holds all
 * @param weights the weights, or its rows of them, with copies to multiply with
 * @param gradients whole gradients, as many as there are at one time, and its rows of the mean
 * @param optimizerState momentum and the moments
 * @param gathered whole weights of the stages under way
 * @param activations what passes keep and need
 * @param transport what waits to be sent or to be added up while ranks keep in step
 * @param nativePeak the most at one time, with all else that is no heap
 */
public record LayoutMemory(
    String layout,
    int shardGroup,
    long weights,
    long gradients,
    long optimizerState,
    long gathered,
    long activations,
    long transport,
    long nativePeak) {

  static LayoutMemory of(PlannedModel model, int ranks, RankMemory memory) {
    return new LayoutMemory(
        model.describeLayout(),
        model.isSharded() ? model.groupSize(ranks) : 1,
        memory.weights() + memory.computeWeights(),
        memory.gradients() + memory.gradientRows(),
        memory.momentumRows() + memory.secondMoments() + memory.elementMoments(),
        memory.gathered(),
        memory.activations() + memory.backward(),
        memory.transportBuffers(),
        memory.nativePeak());
  }
}
