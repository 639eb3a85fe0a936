package normuon.model.hub;

import java.io.Closeable;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import normuon.model.hub.ModelFolder.OpenFile;
import normuon.torch.SafetensorsException;
import normuon.torch.SafetensorsReader;
import normuon.torch.SafetensorsTensor;

/** The safetensors files of a folder, open: one, or several with an index. */
final class WeightFiles implements Closeable {

  private final List<OpenFile> open = new ArrayList<>();
  private final Map<String, SafetensorsReader> byFile = new LinkedHashMap<>();
  private final Map<String, SafetensorsReader> byTensor = new TreeMap<>();

  private WeightFiles() {}

  /**
   * Opens the files of a folder.
   *
   * @throws InvalidModelException if there are none, one is malformed, or the index is not theirs
   */
  static WeightFiles open(ModelFolder folder) throws IOException {
    WeightFiles files = new WeightFiles();
    try {
      if (folder.has(HubFiles.WEIGHTS)) {
        files.add(folder, HubFiles.WEIGHTS);
      } else if (folder.has(HubFiles.WEIGHT_INDEX)) {
        files.addIndexed(folder);
      } else {
        throw new InvalidModelException(
            "Cannot find weights in %s: neither %s nor %s exists"
                .formatted(folder, HubFiles.WEIGHTS, HubFiles.WEIGHT_INDEX));
      }
      return files;
    } catch (IOException | RuntimeException e) {
      files.close();
      throw e;
    }
  }

  private void addIndexed(ModelFolder folder) throws IOException {
    Map<String, String> index = WeightIndex.read(folder);
    List<String> problems = new ArrayList<>();
    for (String file : new TreeSet<>(index.values())) {
      if (folder.has(file)) {
        add(folder, file);
      } else {
        problems.add(file + " does not exist");
      }
    }
    index.forEach(
        (tensor, file) -> {
          if (byFile.containsKey(file) && byTensor.get(tensor) != byFile.get(file)) {
            problems.add(file + " has no " + tensor);
          }
        });
    InvalidModelException.throwIfAny(HubFiles.WEIGHT_INDEX, problems);
  }

  private void add(ModelFolder folder, String file) throws IOException {
    OpenFile stream = folder.open(file);
    open.add(stream);
    SafetensorsReader reader;
    try {
      reader = SafetensorsReader.open(stream);
    } catch (SafetensorsException malformed) {
      throw new InvalidModelException(file + ": " + malformed.getMessage(), malformed);
    }
    byFile.put(file, reader);
    for (SafetensorsTensor tensor : reader.tensors()) {
      if (byTensor.put(tensor.name(), reader) != null) {
        throw new InvalidModelException(
            "Invalid %s: another file has %s, too".formatted(file, tensor.name()));
      }
    }
  }

  /** The names of all tensors, in order. */
  Set<String> names() {
    return Collections.unmodifiableSet(byTensor.keySet());
  }

  /**
   * The file that holds a tensor.
   *
   * @throws InvalidModelException if none does
   */
  SafetensorsReader holding(String tensor) throws InvalidModelException {
    SafetensorsReader file = byTensor.get(tensor);
    if (file == null) {
      throw new InvalidModelException("Tensor " + tensor + " does not exist");
    }
    return file;
  }

  @Override
  public void close() throws IOException {
    IOException failure = null;
    for (OpenFile file : open) {
      try {
        file.close();
      } catch (IOException e) {
        failure = e;
      }
    }
    if (failure != null) {
      throw failure;
    }
  }
}
