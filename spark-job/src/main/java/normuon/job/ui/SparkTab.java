package normuon.job.ui;

import jakarta.servlet.http.HttpServletRequest;
import java.util.List;
import java.util.function.Supplier;
import org.apache.spark.SparkContext;
import org.apache.spark.ui.SparkUI;
import org.apache.spark.ui.SparkUITab;
import org.apache.spark.ui.UIUtils;
import org.apache.spark.ui.WebUIPage;
import org.apache.spark.ui.WebUITab;
import scala.Option;
import scala.collection.immutable.Seq;
import scala.jdk.javaapi.CollectionConverters;
import scala.xml.Node;
import scala.xml.Unparsed;

/**
 * The tab and its page as Spark wants them. All of this is private to Spark: in a version that has
 * moved it, attaching ends in a {@link LinkageError}.
 */
final class SparkTab extends SparkUITab {

  private static final String NAME = "Training";
  private static final String PATH = "training";

  private SparkTab(SparkUI ui, Supplier<TrainingView> view) {
    super(ui, PATH);
    attachPage(new Page(this, view));
  }

  /** Adds the tab to Spark's web interface if that is on, in the place of an earlier run's. */
  static void attach(SparkContext spark, Supplier<TrainingView> view) {
    Option<SparkUI> running = spark.ui();
    if (running.isEmpty()) {
      return;
    }
    SparkUI ui = running.get();
    for (WebUITab tab : CollectionConverters.asJava(ui.getTabs())) {
      if (tab.prefix().equals(PATH)) {
        ui.detachTab(tab);
      }
    }
    ui.attachTab(new SparkTab(ui, view));
  }

  @Override
  public String name() {
    return NAME;
  }

  private static final class Page extends WebUIPage {

    private final SparkTab tab;
    private final Supplier<TrainingView> view;

    Page(SparkTab tab, Supplier<TrainingView> view) {
      super("");
      this.tab = tab;
      this.view = view;
    }

    @Override
    public Seq<Node> render(HttpServletRequest request) {
      Node html = new Unparsed(TrainingPage.html(view.get()));
      Seq<Node> content = CollectionConverters.asScala(List.of(html)).toList();
      return UIUtils.headerSparkPage(
          request, NAME, () -> content, tab, Option.empty(), false, false);
    }
  }
}
