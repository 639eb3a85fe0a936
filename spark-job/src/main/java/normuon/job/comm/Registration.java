package normuon.job.comm;

import java.io.Serializable;

/** What a rank tells the driver, again and again until it knows where all others listen. */
record Registration(String attemptId, int worldSize, int rank, String host, int port)
    implements Serializable {}
