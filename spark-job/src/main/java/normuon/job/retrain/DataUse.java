package normuon.job.retrain;

/**
 * How the data of one generation is trained on.
 *
 * @param generation the number of the generation whose rows they are
 * @param tokensDirectory where its tokens lie
 * @param sequencesPerEpoch the sequences that its training split has
 * @param sequences the sequences of it that are trained on
 * @param epochs how often that is all of it
 */
public record DataUse(
    int generation, String tokensDirectory, long sequencesPerEpoch, long sequences, double epochs) {

  static DataUse of(TrainingData data, long sequences) {
    return new DataUse(
        data.generation(),
        data.tokensDirectory(),
        data.sequences(),
        sequences,
        (double) sequences / data.sequences());
  }
}
