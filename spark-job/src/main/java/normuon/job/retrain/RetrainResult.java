package normuon.job.retrain;

import normuon.job.report.Status;

/**
 * How a retraining ended.
 *
 * @param status what became of it
 * @param steps the steps that were trained; 0 for none
 * @param message one line for the user
 */
public record RetrainResult(Status status, int steps, String message) {}
