package normuon.job.charts;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import normuon.job.report.MetricsLog;
import normuon.job.report.RunDirectory;
import normuon.job.report.Status;
import normuon.job.report.StatusFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Element;

class ReportPageTest {

  private static final String LOSS = "Loss, nats per token";
  private static final String VALIDATION = "Validation loss, nats per token";

  @TempDir private Path folder;

  @Test
  void whatIsDrawnIsWhatTheMetricsSay() {
    PageReader page = page(run("run").configured("normuon", 120).steps(1, 120));

    Element training = page.mark(LOSS, "training");
    assertThat(PageReader.numbers(training, "data-x")).hasSize(120).endsWith(120);
    assertThat(PageReader.numbers(training, "data-y")).startsWith(4.0);
    assertThat(last(PageReader.numbers(training, "data-y")))
        .isCloseTo(RunFolder.loss(120), within(1e-5));
    assertThat(page.lastDrawn(training))
        .as("the end of the line, read by the labels of the axis")
        .isCloseTo(RunFolder.loss(120), within(0.005));
    Element validation = page.mark(VALIDATION, "validation");
    assertThat(PageReader.numbers(validation, "data-x")).hasSize(12).startsWith(10).endsWith(120);
    assertThat(page.lastDrawn(validation)).isCloseTo(RunFolder.loss(120) + 0.25, within(0.005));
    assertThat(page.row("Last validation loss")).containsExactly("1.5239 (perplexity 4.59)");
    assertThat(page.row("Steps")).containsExactly("120 of 120");
    assertThat(page.row("Time in steps")).containsExactly("1 s");
    assertThat(page.row("orthogonalize")).containsExactly("2.00 ms (18%)");
  }

  @Test
  void nothingInThePageAsksTheNetwork() {
    String html = html(run("run").configured("muon", 20).steps(1, 20).measured(2, "muon", 10, 20));

    assertThat(html)
        .doesNotContain("http://", "https://", "src=", "href=", "@import", "url(", "//cdn")
        .doesNotContain("fetch(", "XMLHttpRequest", "import(")
        .contains("default-src 'none'");
  }

  @Test
  void aHostileNameStaysText() {
    String hostile = "a<script>alert(1)<-script>&\"'";
    PageReader page =
        page(run(hostile).configured("normuon", 10).steps(1, 10), run("other").steps(1, 10));

    assertThat(page.find("//h1").get(0).getTextContent()).isEqualTo(hostile + ", other");
    assertThat(page.find("//script")).as("the page's own script").hasSize(1);
    assertThat(page.find("//g[@data-label]"))
        .anyMatch(mark -> mark.getAttribute("data-label").equals(hostile + " training"));
  }

  @Test
  void hostileFilesStayText() {
    String name = "model.layers.0.<b>&amp;\"]]>.weight";
    String measured =
        "{\"step\":5,\"parameters\":[{\"name\":\"%s\",\"update_to_weight\":0.5}]}"
            .formatted(name.replace("\"", "\\\""));
    PageReader page =
        page(
            run("run")
                .steps(1, 5)
                .file("diagnostics.jsonl", measured + "\n{\"step\":")
                .file("checkpoints/latest", "../../secret")
                .file("routing.txt", "</table><script>\nrank  matrices  parameters\n x"));

    assertThat(page.find("//b")).isEmpty();
    assertThat(page.find("//h3")).anyMatch(heading -> heading.getTextContent().contains("]]>"));
  }

  @Test
  void anEmptyRunSaysWhatIsMissing() {
    PageReader page = page(run("run"));

    assertThat(page.row("Steps")).containsExactly("0");
    assertThat(page.row("Last training loss")).containsExactly("–");
    assertThat(page.row("Status")).containsExactly("under way, or broken off");
    assertThat(page.find("//svg")).isEmpty();
    assertThat(page.find("//p[@class='nothing']"))
        .extracting(Element::getTextContent)
        .contains("No step yet.", DiagnosticsSection.NO_DATA);
  }

  @Test
  void refusedStepsAreCrossesAndGaps() {
    RunFolder folder = run("run").steps(1, 9);
    try (MetricsLog log = MetricsLog.open(folder.directory(), 9)) {
      log.append(RunFolder.step(10, Double.NaN));
      log.append(RunFolder.step(11, 2));
    }
    PageReader page = page(folder);

    assertThat(PageReader.numbers(page.mark(LOSS, "training"), "data-x"))
        .contains(9, 11)
        .doesNotContain(10);
    Element crosses = page.mark(LOSS, "refused: its gradient was not finite");
    assertThat(PageReader.numbers(crosses, "data-x")).containsExactly(10);
    assertThat(page.row("Refused steps")).containsExactly("1");
    assertThat(html(folder)).doesNotContain("NaN ", " NaN", ",NaN", "Infinity");
  }

  @Test
  void linesThatARunTookBackAreNotDrawn() {
    String again =
        Stream.of(
                "{\"step\":1,\"loss\":4.0,\"grad_norm\":1}",
                "{\"step\":2,\"loss\":3.0,\"grad_norm\":1}",
                "{\"step\":2,\"validation_loss\":9.0,\"validation_tokens\":10}",
                "{\"step\":3,\"loss\":9.0,\"grad_norm\":1}",
                "{\"step\":1,\"ranks\":1,\"reason\":\"rank 1 failed\"}",
                "{\"step\":2,\"loss\":2.5,\"grad_norm\":1}",
                "{\"step\":3,\"loss\":2.0,\"grad_norm\":1}",
                "{\"step\":3,\"validation_loss\":2.25,\"validation_tokens\":10}",
                "{\"step\":4,\"lo")
            .reduce("", (text, line) -> text + line + "\n");
    PageReader page = page(run("run").file("metrics.jsonl", again));

    Element training = page.mark(LOSS, "training");
    assertThat(PageReader.numbers(training, "data-x")).containsExactly(1, 2, 3);
    assertThat(PageReader.numbers(training, "data-y")).containsExactly(4.0, 2.5, 2.0);
    assertThat(PageReader.numbers(page.mark(VALIDATION, "validation"), "data-y"))
        .containsExactly(2.25);
    assertThat(page.row("Restarts within a driver")).containsExactly("1");
  }

  @Test
  void runsAreSideBySideWithTheStepsToTheSameLoss() {
    RunFolder fast = run("fast").configured("normuon", 40).steps(1, 40);
    RunFolder slow = run("slow").configured("muon", 40).steps(1, 30);
    new StatusFile(Status.RETRYABLE, 30, "broken off", "").write(slow.directory());
    PageReader page = page(fast, slow);

    assertThat(page.row("Status")).containsExactly("under way, or broken off", "RETRYABLE");
    assertThat(page.row("Optimizer"))
        .containsExactly("normuon, learning rate 0.01", "muon, learning rate 0.01");
    assertThat(page.row("reaches the last loss of"))
        .containsExactly("fast (1.7243)", "slow (1.7977)");
    assertThat(page.row("fast")).containsExactly("40", "30 (+0%)");
    assertThat(page.row("slow")).containsExactly("not reached", "30");
    assertThat(page.find("//input[@type='checkbox' and starts-with(@class, 'show-r')]")).hasSize(2);
  }

  @Test
  void lossesOnDifferentTextsAreNotCompared() {
    String shard = "validation-00000.bin";
    String ofMixture = "/lake/web/fineweb_val_000000.bin";
    RunFolder one = provenance(run("one").steps(1, 20), shard, "aa");
    RunFolder same = provenance(run("same").steps(1, 20), ofMixture, "aa");
    RunFolder other = provenance(run("other").steps(1, 20), ofMixture, "bb");
    RunFolder unknown = run("unknown").steps(1, 20);

    assertThat(page(one, same, other, unknown).row("one"))
        .containsExactly("20", "20 (+0%)", "other validation text", "other validation text");
  }

  @Test
  void everyKindOfMatrixHasItsPictures() {
    PageReader page =
        page(
            run("muon").configured("muon", 20).steps(1, 20).measured(3, "muon", 10, 20),
            run("normuon").configured("normuon", 20).steps(1, 20).measured(3, "normuon", 10, 20),
            run("plain").steps(1, 20));

    String boxes = "//section[h2='Row norms of the update, by layer']";
    assertThat(page.find(boxes + "//h3"))
        .extracting(Element::getTextContent)
        .containsExactly("q_proj", "down_proj");
    assertThat(page.find(boxes + "//g[contains(@class,'box')]"))
        .as("2 runs, 2 kinds, 3 layers, before and after")
        .hasSize(24);
    assertThat(page.find(boxes + "//g[contains(@class,'box r1')]/title").get(1).getTextContent())
        .isEqualTo(
            "normuon layer 0, update: p5 0.950, quartiles 0.975 and 1.025, median 1.000, p95"
                + " 1.050");
    assertThat(page.find("//section[h2='Row norms of the update, by step']//polygon")).hasSize(8);
    assertThat(page.marks("q_proj"))
        .filteredOn(mark -> mark.getAttribute("data-label").equals("normuon momentum"))
        .singleElement()
        .satisfies(
            mark -> assertThat(PageReader.numbers(mark, "data-y")).containsExactly(110, 120));
  }

  @Test
  void aSinglePointIsSeen() {
    PageReader page =
        page(run("run").configured("normuon", 10).steps(1, 1).measured(1, "normuon", 1));

    assertThat(page.find("//g[contains(@class,'line')]")).isNotEmpty();
    assertThat(page.find("//g[contains(@class,'line') and not(circle)]"))
        .as("lines without extent")
        .isEmpty();
  }

  @Test
  void theOwnersAreReadFromTheRouting() {
    String routing =
        "NORMUON: learning rate 0.01, weight decay 0.01, 2 parameters (8192 elements) {MATRIX=2}\n"
            + "  model.layers.0.self_attn.q_proj.weight[64, 64] MATRIX, rank 0\n"
            + "ADAMW: learning rate 0.002, weight decay 0.0, 1 parameters (64 elements) {VECTOR=1}\n"
            + "rank  matrices    parameters  load / mean\n"
            + "   0         1          4096        1.125\n"
            + "   1         1          4096        0.875\n";
    PageReader page = page(run("run").steps(1, 2).file("routing.txt", routing));

    assertThat(page.row("Weights")).containsExactly("8,256");
    assertThat(page.find("//span[contains(@class,'owner')]"))
        .extracting(part -> part.getAttribute("style"))
        .containsExactly("width:100.00%", "width:77.78%");
  }

  @Test
  void aLongRunIsASmallPageWithItsSpikes() {
    RunFolder folder = run("run").configured("normuon", 10_000).steps(1, 7_776);
    try (MetricsLog log = MetricsLog.open(folder.directory(), 7_776)) {
      log.append(RunFolder.step(7_777, 77.7));
    }
    folder.measured(12, "normuon", IntStream.rangeClosed(1, 1000).map(i -> 10 * i).toArray());
    appendSteps(folder, 7_778, 10_000);
    html(folder); // the first time, classes are loaded
    ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    long before = threads.getCurrentThreadCpuTime();
    String html = html(folder);
    Duration computing = Duration.ofNanos(threads.getCurrentThreadCpuTime() - before);

    assertThat(html.length()).isLessThan(2_000_000);
    assertThat(computing).as("on the processor").isLessThan(Duration.ofSeconds(1));
    PageReader page = new PageReader(html);
    double[] steps = PageReader.numbers(page.mark(LOSS, "training"), "data-x");
    assertThat(steps).hasSizeLessThanOrEqualTo(Series.MOST_POINTS).endsWith(10_000);
    assertThat(page.find("//figure[.//h3='" + LOSS + "']//text[.='60']"))
        .as("the axis reaches to the spike")
        .isNotEmpty();
  }

  @Test
  void thereAreAsManyRunsAsColors() {
    List<RunDirectory> nine = Collections.nCopies(9, run("run").directory());

    assertThatThrownBy(() -> ReportPage.of(nine))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("Invalid number of runs 9: a report shows 1 to 8");
  }

  private static void appendSteps(RunFolder folder, int from, int to) {
    try (MetricsLog log = MetricsLog.open(folder.directory(), from - 1)) {
      for (int step = from; step <= to; step++) {
        log.append(RunFolder.step(step, RunFolder.loss(step)));
      }
    }
  }

  private static RunFolder provenance(RunFolder folder, String shard, String hash) {
    return folder
        .file("checkpoints/latest", "step-00000020\n")
        .file(
            "checkpoints/step-00000020/manifest.json",
            "{\"provenance\":{\"tokens.%s\":\"%s\",\"tokens./validation/train-00000.bin\":\"%s\"}}"
                .formatted(shard, hash, folder.directory().path()));
  }

  private static double last(double[] values) {
    return values[values.length - 1];
  }

  private RunFolder run(String name) {
    return new RunFolder(folder.resolve(name.replace("/", "-")));
  }

  private static PageReader page(RunFolder... folders) {
    return new PageReader(html(folders));
  }

  private static String html(RunFolder... folders) {
    return ReportPage.of(Stream.of(folders).map(RunFolder::directory).toList());
  }
}
