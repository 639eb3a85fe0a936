package normuon.model.hub;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import normuon.model.Gpt;
import normuon.torch.HostBuffers;
import normuon.torch.ParameterSpec;

/** The weights of a model in memory. */
record ModelWeights(Gpt model) implements WeightSource {

  @Override
  public void readRows(String name, long start, long end, ByteBuffer destination) {
    List<ParameterSpec> specs = Gpt.specs(model.configuration());
    for (int i = 0; i < specs.size(); i++) {
      if (specs.get(i).name().equals(name)) {
        long columns = specs.get(i).columns();
        HostBuffers.read(model.parameters().get(i), start * columns, end * columns, destination);
        return;
      }
    }
    throw new AssertionError("No parameter " + name);
  }

  /** Fills a model with weights. */
  static void load(Gpt model, WeightSource source) throws IOException {
    List<ParameterSpec> specs = Gpt.specs(model.configuration());
    for (int i = 0; i < specs.size(); i++) {
      source.read(specs.get(i), model.parameters().get(i));
    }
  }

  /** The model is the test's. */
  @Override
  public void close() {}
}
