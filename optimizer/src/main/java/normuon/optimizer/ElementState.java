package normuon.optimizer;

import ai.djl.ndarray.NDArray;
import java.util.List;

/**
 * What an {@link ElementRule} keeps of the rows that one rank holds: float32 arrays of the rows'
 * shapes, one per parameter and list; zero before the first step.
 *
 * @param means the moving means of the gradients
 * @param curvatures what the mean is divided by, before it is scaled: {@link AdamW}'s moving mean
 *     of the squared gradients, {@link Sophia}'s moving mean of the estimated diagonal curvature
 */
public record ElementState(List<NDArray> means, List<NDArray> curvatures) {}
