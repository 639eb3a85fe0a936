package normuon.job.track;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.DescriptorProtos.DescriptorProto;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto.Label;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto.Type;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.DescriptorValidationException;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.InvalidProtocolBufferException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Reads event files as TensorBoard would: Google's own library decodes the messages, by the numbers
 * and types of tensorflow/core/util/event.proto and tensorflow/core/framework/summary.proto.
 */
public final class EventFiles {

  private static final Descriptor EVENT = event();

  /**
   * An event.
   *
   * @param restart whether it tells readers to forget this step and later ones
   */
  public record Event(
      double wallTime, long step, String version, boolean restart, Map<String, Float> scalars) {}

  private EventFiles() {}

  /** The event files of a folder, in the order of their names. */
  public static List<Path> in(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.sorted().toList();
    }
  }

  /** The events of a file, whose checksums must be right. */
  public static List<Event> read(Path file) throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    List<Event> events = new ArrayList<>();
    while (bytes.hasRemaining()) {
      byte[] length = new byte[8];
      bytes.get(length);
      assertThat(bytes.getInt()).as("checksum of a length").isEqualTo(masked(length));
      byte[] data =
          new byte[(int) ByteBuffer.wrap(length).order(ByteOrder.LITTLE_ENDIAN).getLong()];
      bytes.get(data);
      assertThat(bytes.getInt()).as("checksum of a record").isEqualTo(masked(data));
      events.add(event(data));
    }
    return events;
  }

  private static Event event(byte[] data) throws InvalidProtocolBufferException {
    DynamicMessage event = DynamicMessage.parseFrom(EVENT, data);
    assertThat(event.getUnknownFields().asMap()).isEmpty();
    Map<String, Float> scalars = new LinkedHashMap<>();
    DynamicMessage summary = (DynamicMessage) get(event, "summary");
    for (Object value : (List<?>) get(summary, "value")) {
      DynamicMessage scalar = (DynamicMessage) value;
      scalars.put((String) get(scalar, "tag"), (Float) get(scalar, "simple_value"));
    }
    DynamicMessage session = (DynamicMessage) get(event, "session_log");
    return new Event(
        (Double) get(event, "wall_time"),
        (Long) get(event, "step"),
        (String) get(event, "file_version"),
        get(session, "status").equals(1),
        scalars);
  }

  private static Object get(DynamicMessage message, String field) {
    return message.getField(message.getDescriptorForType().findFieldByName(field));
  }

  private static Descriptor event() {
    DescriptorProto value =
        DescriptorProto.newBuilder()
            .setName("Value")
            .addField(field("tag", 1, Type.TYPE_STRING))
            .addField(field("simple_value", 2, Type.TYPE_FLOAT))
            .build();
    DescriptorProto summary =
        DescriptorProto.newBuilder()
            .setName("Summary")
            .addField(
                field("value", 1, Type.TYPE_MESSAGE)
                    .setTypeName("Value")
                    .setLabel(Label.LABEL_REPEATED))
            .build();
    DescriptorProto session =
        DescriptorProto.newBuilder()
            .setName("SessionLog")
            .addField(field("status", 1, Type.TYPE_INT32))
            .build();
    DescriptorProto event =
        DescriptorProto.newBuilder()
            .setName("Event")
            .addField(field("wall_time", 1, Type.TYPE_DOUBLE))
            .addField(field("step", 2, Type.TYPE_INT64))
            .addField(field("file_version", 3, Type.TYPE_STRING))
            .addField(field("summary", 5, Type.TYPE_MESSAGE).setTypeName("Summary"))
            .addField(field("session_log", 7, Type.TYPE_MESSAGE).setTypeName("SessionLog"))
            .build();
    try {
      return FileDescriptor.buildFrom(
              FileDescriptorProto.newBuilder()
                  .addMessageType(value)
                  .addMessageType(summary)
                  .addMessageType(session)
                  .addMessageType(event)
                  .build(),
              new FileDescriptor[0])
          .findMessageTypeByName("Event");
    } catch (DescriptorValidationException invalid) {
      throw new AssertionError(invalid);
    }
  }

  private static FieldDescriptorProto.Builder field(String name, int number, Type type) {
    return FieldDescriptorProto.newBuilder()
        .setName(name)
        .setNumber(number)
        .setType(type)
        .setLabel(Label.LABEL_OPTIONAL);
  }

  /** CRC-32C bit by bit, rotated and offset as TFRecord wants it. */
  static int masked(byte[] bytes) {
    int crc = checksum(bytes);
    return (crc >>> 15 | crc << 17) + 0xa282ead8;
  }

  static int checksum(byte[] bytes) {
    int crc = ~0;
    for (byte each : bytes) {
      crc ^= each & 0xff;
      for (int bit = 0; bit < 8; bit++) {
        crc = (crc & 1) == 0 ? crc >>> 1 : crc >>> 1 ^ 0x82f63b78;
      }
    }
    return ~crc;
  }
}
