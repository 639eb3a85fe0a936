package normuon.job.retrain;

/**
 * The prepared rows of a generation.
 *
 * @param generation its number
 * @param tokensDirectory where their tokens lie
 * @param sequences the sequences of its training split
 */
record TrainingData(int generation, String tokensDirectory, long sequences) {}
