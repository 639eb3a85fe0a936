package normuon.job;

import com.esotericsoftware.kryo.Kryo;
import com.esotericsoftware.kryo.Serializer;
import com.esotericsoftware.kryo.io.Input;
import com.esotericsoftware.kryo.io.Output;
import java.lang.reflect.Constructor;
import java.lang.reflect.Method;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;

/**
 * Writes a record by its components and reads it through its canonical constructor. The serializers
 * of Kryo 4 set fields, which Java does not allow for records.
 */
final class RecordSerializer extends Serializer<Record> {

  private final Method[] accessors;
  private final Constructor<? extends Record> constructor;

  /** Creates the serializer of a record class. */
  RecordSerializer(Class<? extends Record> type) {
    super(false, true);
    RecordComponent[] components = type.getRecordComponents();
    this.accessors =
        Arrays.stream(components).map(RecordComponent::getAccessor).toArray(Method[]::new);
    Class<?>[] types =
        Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new);
    try {
      this.constructor = type.getDeclaredConstructor(types);
    } catch (NoSuchMethodException impossible) {
      throw new IllegalArgumentException("Invalid record " + type, impossible);
    }
    constructor.setAccessible(true);
    for (Method accessor : accessors) {
      accessor.setAccessible(true);
    }
  }

  @Override
  public void write(Kryo kryo, Output output, Record value) {
    try {
      for (Method accessor : accessors) {
        kryo.writeClassAndObject(output, accessor.invoke(value));
      }
    } catch (ReflectiveOperationException failed) {
      throw new IllegalStateException("Cannot write " + value, failed);
    }
  }

  @Override
  public Record read(Kryo kryo, Input input, Class<Record> type) {
    Object[] values = new Object[accessors.length];
    for (int index = 0; index < values.length; index++) {
      values[index] = kryo.readClassAndObject(input);
    }
    try {
      return constructor.newInstance(values);
    } catch (ReflectiveOperationException failed) {
      throw new IllegalStateException("Cannot read a " + type.getName(), failed);
    }
  }
}
