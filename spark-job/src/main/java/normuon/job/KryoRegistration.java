package normuon.job;

import com.esotericsoftware.kryo.Kryo;
import com.esotericsoftware.kryo.serializers.JavaSerializer;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import normuon.job.config.RunConfiguration;
import normuon.job.inference.EvaluationSums;
import normuon.job.preflight.RankProbe;
import normuon.job.report.EvaluationRecord;
import normuon.job.report.StepRecord;
import normuon.job.train.TravellingRecords;
import org.apache.spark.serializer.KryoRegistrator;

/**
 * Every class that may travel as data between driver and executors. Registration is required, so
 * that a class which nobody thought of shows in a test and not as bytes on the wire.
 */
public final class KryoRegistration implements KryoRegistrator {

  private static final List<Class<? extends Record>> RECORDS =
      List.of(
          RunConfiguration.class,
          StepRecord.class,
          EvaluationRecord.class,
          EvaluationSums.class,
          RankProbe.class);

  private static final List<Class<?>> COLLECTIONS =
      List.of(ArrayList.class, HashMap.class, LinkedHashMap.class, Optional.class);

  /**
   * What Spark itself sends in barrier stages, queries and Parquet, beyond its own registrations.
   */
  private static final List<String> SPARK_CLASSES =
      List.of(
          "scala.reflect.ManifestFactory$ObjectManifest",
          "[Lorg.apache.spark.sql.Row;",
          "org.apache.spark.sql.catalyst.expressions.GenericRowWithSchema",
          "[Lorg.apache.spark.util.io.ChunkedByteBuffer;");

  @Override
  public void registerClasses(Kryo kryo) {
    RECORDS.forEach(type -> registerRecord(kryo, type));
    TravellingRecords.all().forEach(type -> registerRecord(kryo, type));
    kryo.register(Integer[].class);
    kryo.register(Long[].class);
    COLLECTIONS.forEach(kryo::register);
    // Immutable collections have no constructor that Kryo could use, and replace themselves.
    for (Object immutable : List.of(List.of(1), List.of(1, 2, 3), Map.of(1, 1), Map.of())) {
      kryo.register(immutable.getClass(), new JavaSerializer());
    }
    SPARK_CLASSES.forEach(name -> kryo.register(classOf(name)));
  }

  /** Registers a record with the records and enumerations that it holds, also in collections. */
  private static void registerRecord(Kryo kryo, Class<? extends Record> type) {
    kryo.register(type, new RecordSerializer(type));
    kryo.register(type.arrayType());
    for (RecordComponent component : type.getRecordComponents()) {
      registerHeld(kryo, component.getGenericType());
    }
  }

  private static void registerHeld(Kryo kryo, Type held) {
    if (held instanceof ParameterizedType collection) {
      for (Type element : collection.getActualTypeArguments()) {
        registerHeld(kryo, element);
      }
    } else if (held instanceof Class<?> type && type.isRecord()) {
      registerRecord(kryo, type.asSubclass(Record.class));
    } else if (held instanceof Class<?> type && type.isEnum()) {
      kryo.register(type);
    }
  }

  private static Class<?> classOf(String name) {
    try {
      return Class.forName(name, false, Thread.currentThread().getContextClassLoader());
    } catch (ClassNotFoundException missing) {
      throw new IllegalStateException("Cannot find Spark's class " + name, missing);
    }
  }
}
