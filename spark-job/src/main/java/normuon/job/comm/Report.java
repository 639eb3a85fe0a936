package normuon.job.comm;

import java.io.Serializable;

/** A record that a rank sends to whoever follows its attempt on the driver. */
record Report(String attemptId, Serializable content) implements Serializable {}
