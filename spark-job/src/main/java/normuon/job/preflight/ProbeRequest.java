package normuon.job.preflight;

import java.io.Serializable;
import java.util.List;
import normuon.job.config.PlacementSettings;

/**
 * What each rank is to look at.
 *
 * @param device what it is to compute on
 * @param directory the run directory, fully qualified
 * @param token the content of the file {@link StoreProbe} that the driver has put there
 * @param inputs paths that the driver sees and every rank must see
 */
record ProbeRequest(
    PlacementSettings.Device device, String directory, String token, List<String> inputs)
    implements Serializable {}
