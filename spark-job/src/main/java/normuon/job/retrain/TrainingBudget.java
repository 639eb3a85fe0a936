package normuon.job.retrain;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import normuon.job.config.RetrainSettings;
import normuon.job.config.TrainSettings;

/**
 * How long a generation is trained, and on what: whole numbers of sequences, so that each row is
 * used exactly as often as this says.
 *
 * @param steps {@code train.steps}
 * @param uses the data, that of the generations before in order, then the new one
 */
record TrainingBudget(int steps, List<DataUse> uses) {

  /** The first generation is trained by the ordinary settings. */
  static TrainingBudget ofFirst(TrainSettings train, TrainingData data) {
    long sequences = (long) train.steps() * train.sequencesPerStep();
    return new TrainingBudget(train.steps(), List.of(DataUse.of(data, sequences)));
  }

  /**
   * The budget of a later one.
   *
   * @param sequencesPerStep {@code train.sequences_per_step}
   * @param context {@code model.context}
   * @param old the data of the generations that it descends from
   * @param fresh the data that came since
   */
  static TrainingBudget of(
      RetrainSettings settings,
      int sequencesPerStep,
      int context,
      List<TrainingData> old,
      TrainingData fresh) {
    long wantedFresh = Math.max(1, Math.round(settings.epochsOfNewData() * fresh.sequences()));
    double wanted =
        settings.tokens() > 0
            ? (double) settings.tokens() / context
            : wantedFresh / (1 - settings.oldShare());
    int steps = Math.toIntExact((long) Math.ceil(wanted / sequencesPerStep));
    long all = (long) steps * sequencesPerStep;
    long ofFresh = wantedFresh;
    if (settings.tokens() > 0) {
      ofFresh = Math.max(1, Math.round(all * (1 - settings.oldShare())));
    } else if (settings.oldShare() == 0) {
      // No old row is there to fill the last step.
      ofFresh = all;
    }
    List<DataUse> uses = new ArrayList<>();
    long[] ofOld = apportioned(all - ofFresh, old);
    for (int i = 0; i < ofOld.length; i++) {
      uses.add(DataUse.of(old.get(i), ofOld[i]));
    }
    uses.add(DataUse.of(fresh, ofFresh));
    return new TrainingBudget(steps, uses);
  }

  /** Divides sequences by the sizes of data, with whole numbers by largest remainder. */
  private static long[] apportioned(long sequences, List<TrainingData> data) {
    long size = data.stream().mapToLong(TrainingData::sequences).sum();
    double[] exact =
        data.stream().mapToDouble(part -> (double) sequences * part.sequences() / size).toArray();
    long[] shares = new long[exact.length];
    long left = sequences;
    for (int i = 0; i < shares.length; i++) {
      shares[i] = (long) exact[i];
      left -= shares[i];
    }
    List<Integer> byRemainder =
        IntStream.range(0, exact.length)
            .boxed()
            .sorted(Comparator.comparingDouble(i -> shares[i] - exact[i]))
            .toList();
    for (int i = 0; i < left; i++) {
      shares[byRemainder.get(i)]++;
    }
    return shares;
  }
}
