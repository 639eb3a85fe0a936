package normuon.job.comm;

import java.io.Serializable;
import java.util.List;
import org.apache.spark.BarrierTaskContext;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;
import scala.collection.Iterator;
import scala.jdk.javaapi.CollectionConverters;
import scala.reflect.ClassTag$;
import scala.runtime.AbstractFunction1;

/** Runs work as the tasks of a barrier stage of Spark's, one rank each. */
final class SparkRanks {

  private SparkRanks() {}

  /** What one rank does. */
  @FunctionalInterface
  interface Work extends Serializable {
    String run(int rank) throws Exception;
  }

  static SparkSession.Builder local(int slots) {
    return SparkSession.builder()
        .master("local[" + slots + "]")
        .appName("ranks")
        .config("spark.ui.enabled", false)
        .config("spark.plugins", RendezvousPlugin.class.getName());
  }

  static List<String> run(SparkSession session, int worldSize, Work work) {
    JavaSparkContext context = JavaSparkContext.fromSparkContext(session.sparkContext());
    List<Integer> ranks = java.util.stream.IntStream.range(0, worldSize).boxed().toList();
    return context
        .parallelize(ranks, worldSize)
        .rdd()
        .barrier()
        .mapPartitions(new Task(work), false, ClassTag$.MODULE$.<String>apply(String.class))
        .toJavaRDD()
        .collect();
  }

  private static final class Task extends AbstractFunction1<Iterator<Integer>, Iterator<String>>
      implements Serializable {

    private static final long serialVersionUID = 1L;

    private final Work work;

    Task(Work work) {
      this.work = work;
    }

    @Override
    public Iterator<String> apply(Iterator<Integer> partition) {
      try {
        String result = work.run(BarrierTaskContext.get().partitionId());
        return CollectionConverters.asScala(List.of(result).iterator());
      } catch (Exception e) {
        throw new IllegalStateException(e.getMessage(), e);
      }
    }
  }
}
