package normuon.job.config;

import java.io.Serializable;

/**
 * Section {@code retrain}: how a line of models is kept up with tables that grow.
 *
 * @param directory where the line lies: any Hadoop path; empty where nothing is retrained
 * @param oldShare the share of the sequences that come from the data of the models before
 * @param epochsOfNewData how often the new data is trained on; 0 where {@code tokens} says it
 * @param tokens how many tokens are trained on, old ones included; 0 where {@code epochsOfNewData}
 *     says it
 * @param inherit what is taken over from the promoted model
 * @param tolerance by how much the loss on the old validation sets may be above that of the
 *     promoted model, in nats per token
 */
public record RetrainSettings(
    String directory,
    @Interval("[0, 1)") double oldShare,
    @Interval("[0, )") double epochsOfNewData,
    @Interval("[0, )") long tokens,
    InitializationSettings.State inherit,
    @Interval("[0, )") double tolerance)
    implements Serializable {}
