package normuon.job.report;

import java.io.Serializable;
import java.util.Map;

/**
 * How one rank is doing; each sends one about every second, and after the last step of a segment.
 *
 * @param rank the rank, from 0
 * @param worldSize the number of ranks
 * @param host the host it runs on
 * @param executor the identity of its executor; {@code driver} in local mode
 * @param device what it computes on, such as {@code cpu} or {@code gpu0}
 * @param step the last step it has finished
 * @param stepMs time of that step on this rank, in milliseconds
 * @param phaseMs its division among the phases by their names, in milliseconds and in order
 * @param residentBytes resident memory of the process; 0 where the system does not say
 * @param bytesSent bytes sent to other ranks in this segment
 * @param bytesReceived bytes received from other ranks in this segment
 * @param exchangeMegabytesPerSecond rate at which the transport sent since the record before, in
 *     10^6 bytes per second of sending; NaN if it sent nothing
 */
public record RankRecord(
    int rank,
    int worldSize,
    String host,
    String executor,
    String device,
    int step,
    double stepMs,
    Map<String, Double> phaseMs,
    long residentBytes,
    long bytesSent,
    long bytesReceived,
    double exchangeMegabytesPerSecond)
    implements Serializable {}
