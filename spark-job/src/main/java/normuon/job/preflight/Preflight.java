package normuon.job.preflight;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.UUID;
import java.util.function.IntSupplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import normuon.job.config.DataSettings;
import normuon.job.config.InvalidConfigurationException;
import normuon.job.config.Location;
import normuon.job.config.MixtureSettings;
import normuon.job.config.RunConfiguration;
import normuon.job.config.SourceSettings;
import normuon.job.plan.Layouts;
import normuon.job.train.RunFiles;
import org.apache.spark.SparkConf;
import org.apache.spark.SparkContext;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.rdd.RDD;
import scala.reflect.ClassTag;
import scala.reflect.ClassTag$;

/**
 * Looks, before any work, whether a run can go on the cluster that is there. It tells all that is
 * wrong at once.
 */
public final class Preflight {

  private final RunConfiguration configuration;
  private final Layouts layouts;
  private final Findings findings = new Findings();

  /**
   * Creates a preflight.
   *
   * @param configuration the effective configuration
   * @param layouts the memory of its ranks
   */
  public Preflight(RunConfiguration configuration, Layouts layouts) {
    this.configuration = configuration;
    this.layouts = layouts;
  }

  /**
   * Checks Spark's settings alone, before there is a session: with some, there would be none.
   *
   * @throws PreflightException if they allow no run
   */
  public static void requireSettings(SparkConf spark, RunConfiguration configuration) {
    Findings findings = new Findings();
    new SparkChecks(spark, findings).check(configuration.placement().device());
    findings.requireNone();
  }

  /**
   * Runs one short barrier task for each rank.
   *
   * @param spark the application's context
   * @param slots requires a slot for each rank, and gives how many ranks can begin
   * @throws PreflightException if the run cannot begin
   */
  public PreflightResult run(SparkContext spark, IntSupplier slots) {
    new SparkChecks(spark.conf(), findings).check(configuration.placement().device());
    RunFiles files = RunFiles.of(configuration.runDirectory().toString());
    String token = UUID.randomUUID().toString();
    try {
      StoreProbe.write(files, token);
    } catch (IOException unwritable) {
      findings.problem(
          "Cannot write to run.directory %s from the driver: %s; give its user the right to, or choose another run.directory"
              .formatted(files.directory(), unwritable));
    }
    try {
      int ranks = requireSlots(spark.conf(), slots);
      findings.requireNone();
      List<RankProbe> probes = probe(spark, ranks, files, token);
      findings.requireNone();
      return new PreflightResult(
          probes.stream().map(RankProbe::placement).toList(), findings.warnings());
    } finally {
      remove(files, token);
    }
  }

  private int requireSlots(SparkConf spark, IntSupplier slots) {
    try {
      return slots.getAsInt();
    } catch (InvalidConfigurationException tooFew) {
      findings.problem(tooFew.getMessage() + SparkChecks.gpusOfSlots(spark));
      return 0;
    }
  }

  private List<RankProbe> probe(SparkContext spark, int ranks, RunFiles files, String token) {
    ProbeRequest request =
        new ProbeRequest(
            configuration.placement().device(), files.directory().toString(), token, inputs());
    long from = System.currentTimeMillis();
    List<RankProbe> probes = collect(spark, ranks, request);
    ClusterChecks checks = new ClusterChecks(probes, findings);
    checks.ownProblems();
    checks.devices();
    checks.versions();
    checks.clocks(from, System.currentTimeMillis());
    new MemoryChecks(spark.conf(), layouts, findings).check(checks);
    return probes;
  }

  private List<RankProbe> collect(SparkContext spark, int ranks, ProbeRequest request) {
    ClassTag<RankProbe> type = ClassTag$.MODULE$.apply(RankProbe.class);
    RDD<Integer> numbers =
        JavaSparkContext.fromSparkContext(spark)
            .parallelize(IntStream.range(0, ranks).boxed().toList(), ranks)
            .rdd();
    List<RankProbe> probes =
        new ArrayList<>(
            numbers
                .barrier()
                .mapPartitions(new ProbeTask(request), false, type)
                .toJavaRDD()
                .collect());
    probes.sort(Comparator.comparingInt(probe -> probe.placement().rank()));
    return probes;
  }

  /** What the driver sees of the text and of its tokens; what is missing, preparation tells. */
  private List<String> inputs() {
    DataSettings data = configuration.data();
    Stream<String> paths =
        data.sources().isEmpty()
            ? Stream.of(data.path()).filter(path -> !data.isSample())
            : data.sources().stream().map(SourceSettings::path).filter(path -> !path.isEmpty());
    Stream<String> text = paths.map(path -> Location.of(path).toString());
    return Stream.concat(
            text, configuration.tokens().stream().map(MixtureSettings::tokensDirectory))
        .filter(Preflight::exists)
        .toList();
  }

  private static boolean exists(String path) {
    try {
      RunFiles files = RunFiles.of(path);
      return files.fileSystem().exists(files.directory());
    } catch (IOException | RuntimeException unreachable) {
      return false;
    }
  }

  private static void remove(RunFiles files, String token) {
    try {
      StoreProbe.remove(files, token);
    } catch (IOException left) {
      throw new InvalidConfigurationException(
          "Cannot remove a file from run.directory %s: %s; give the driver's user the right to"
              .formatted(files.directory(), left),
          left);
    }
  }
}
