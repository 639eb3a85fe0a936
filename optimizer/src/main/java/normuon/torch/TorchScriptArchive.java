package normuon.torch;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * A TorchScript archive made in memory from source text: the zip file that {@code torch.jit.save}
 * writes for a module without parameters, whose one class is named {@code Operators}.
 */
final class TorchScriptArchive {

  /** Pickle, protocol 2: an empty object of class __torch__.Operators with training = True. */
  private static final String MODULE =
      "\u0080\u0002c__torch__\nOperators\nq\0)\u0081}(X\b\0\0\0training\u0088ub.";

  /** Pickle, protocol 2: the empty tuple. */
  private static final String NO_CONSTANTS = "\u0080\u0002).";

  private TorchScriptArchive() {}

  /**
   * Packs a source file.
   *
   * @param anchor the class beside which the resource lies
   * @param resource the resource's name
   */
  static InputStream of(Class<?> anchor, String resource) {
    try (InputStream source = anchor.getResourceAsStream(resource)) {
      if (source == null) {
        throw new IllegalArgumentException(
            "Operator source " + resource + " beside " + anchor.getName() + " does not exist");
      }
      ByteArrayOutputStream archive = new ByteArrayOutputStream();
      try (ZipOutputStream zip = new ZipOutputStream(archive)) {
        store(zip, "operators/data.pkl", MODULE.getBytes(StandardCharsets.ISO_8859_1));
        store(zip, "operators/code/__torch__.py", source.readAllBytes());
        store(zip, "operators/constants.pkl", NO_CONSTANTS.getBytes(StandardCharsets.ISO_8859_1));
        store(zip, "operators/version", "10\n".getBytes(StandardCharsets.US_ASCII));
      }
      return new ByteArrayInputStream(archive.toByteArray());
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot read operator source " + resource, e);
    }
  }

  /** PyTorch reads only entries that are stored without compression. */
  private static void store(ZipOutputStream zip, String name, byte[] content) throws IOException {
    CRC32 checksum = new CRC32();
    checksum.update(content);
    ZipEntry entry = new ZipEntry(name);
    entry.setMethod(ZipEntry.STORED);
    entry.setSize(content.length);
    entry.setCompressedSize(content.length);
    entry.setCrc(checksum.getValue());
    entry.setTime(0);
    zip.putNextEntry(entry);
    zip.write(content);
    zip.closeEntry();
  }
}
