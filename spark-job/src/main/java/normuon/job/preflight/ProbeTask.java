package normuon.job.preflight;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import normuon.job.config.InvalidConfigurationException;
import normuon.job.config.PlacementSettings;
import normuon.job.train.Placement;
import normuon.torch.TorchRuntime;
import org.apache.spark.package$;
import scala.collection.Iterator;
import scala.jdk.javaapi.CollectionConverters;
import scala.runtime.AbstractFunction1;

/** The barrier task of one rank: looks round and says what it sees. */
final class ProbeTask extends AbstractFunction1<Iterator<Integer>, Iterator<RankProbe>>
    implements Serializable {

  private static final long serialVersionUID = 1L;

  private static final String NATIVE_SETTINGS =
      "spark.executorEnv.PYTORCH_LIBRARY_PATH, PYTORCH_VERSION and PYTORCH_FLAVOR";

  private final ProbeRequest request;

  ProbeTask(ProbeRequest request) {
    this.request = request;
  }

  @Override
  public Iterator<RankProbe> apply(Iterator<Integer> ranks) {
    return CollectionConverters.asScala(List.of(probe(ranks.next())).iterator());
  }

  private RankProbe probe(int rank) {
    long clock = System.currentTimeMillis();
    List<String> problems = new ArrayList<>();
    Placement placement = placement(rank, problems);
    HashMap<String, String> versions = new HashMap<>(versions());
    nativeLibrary(placement, versions, problems);
    StoreProbe.check(request, placement, problems);
    return new RankProbe(
        placement, versions, clock, HostMemory.bytes(), MemoryLimit.ofThisProcess(), problems);
  }

  private Placement placement(int rank, List<String> problems) {
    try {
      return Placement.here(rank, request.device());
    } catch (InvalidConfigurationException unusable) {
      problems.add(unusable.getMessage());
      return Placement.here(rank, PlacementSettings.Device.CPU);
    }
  }

  private static Map<String, String> versions() {
    Map<String, String> versions = new TreeMap<>();
    versions.put("Java", System.getProperty("java.version"));
    versions.put("Spark", package$.MODULE$.SPARK_VERSION());
    String release = ProbeTask.class.getPackage().getImplementationVersion();
    versions.put("NorMuon", release == null ? "of this build" : release);
    return versions;
  }

  /** A library that is missing or does not fit is an error of linking, not an exception. */
  private static void nativeLibrary(
      Placement placement, Map<String, String> versions, List<String> problems) {
    String torch;
    boolean cuda;
    try {
      torch = TorchRuntime.version() + " (" + TorchRuntime.flavor() + ")";
      cuda = TorchRuntime.hasCuda();
    } catch (RuntimeException | LinkageError failure) {
      problems.add(
          "Cannot load PyTorch for rank %d on %s: %s; set %s to a libtorch that is installed there, or leave them out"
              .formatted(placement.rank(), placement.host(), oneLine(failure), NATIVE_SETTINGS));
      return;
    }
    versions.put("PyTorch", torch);
    if (placement.onGpu() && !cuda) {
      problems.add(
          "Invalid placement.device: Spark gave rank %d on %s GPU %s, but PyTorch %s has no CUDA there; set %s to a libtorch for CUDA, or placement.device to cpu"
              .formatted(
                  placement.rank(),
                  placement.host(),
                  String.join(" and ", placement.gpuAddresses()),
                  torch,
                  NATIVE_SETTINGS));
    }
  }

  private static String oneLine(Throwable failure) {
    return failure.toString().lines().findFirst().orElseThrow();
  }
}
