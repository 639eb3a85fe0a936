package normuon.model.hub;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import normuon.torch.ByteSource;

/** A folder of this machine. */
record LocalFolder(Path path) implements ModelFolder {

  @Override
  public boolean has(String file) {
    return Files.exists(path.resolve(file));
  }

  @Override
  public OpenFile open(String file) throws IOException {
    FileChannel channel = FileChannel.open(path.resolve(file));
    ByteSource source = ByteSource.of(channel);
    return new OpenFile() {
      @Override
      public long size() throws IOException {
        return source.size();
      }

      @Override
      public void read(long position, ByteBuffer destination) throws IOException {
        source.read(position, destination);
      }

      @Override
      public void close() throws IOException {
        channel.close();
      }
    };
  }

  @Override
  public OutputStream create(String file) throws IOException {
    return Files.newOutputStream(path.resolve(file));
  }

  @Override
  public String toString() {
    return path.getFileName().toString();
  }
}
