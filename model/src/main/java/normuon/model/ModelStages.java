package normuon.model;

import java.util.ArrayList;
import java.util.List;
import normuon.torch.ParameterSpec;
import normuon.torch.Role;

/**
 * The stages of a model in the order of its forward pass: the embedding, every block, the output. A
 * stage is what has its weights whole at one time.
 */
public final class ModelStages {

  /** The stage of the token embedding. */
  public static final int EMBEDDING = 0;

  private final List<List<ParameterSpec>> stages;

  private ModelStages(List<List<ParameterSpec>> stages) {
    this.stages = stages;
  }

  /** The stages of a model of this shape. */
  public static ModelStages of(GptConfiguration configuration) {
    ParameterLayout layout = new ParameterLayout(configuration);
    List<List<ParameterSpec>> stages = new ArrayList<>();
    ParameterSpec embedding = layout.all().get(0);
    stages.add(List.of(embedding));
    for (int layer = 0; layer < configuration.layers(); layer++) {
      List<ParameterSpec> block = new ArrayList<>(layout.attention(layer));
      block.addAll(layout.mlp(layer));
      stages.add(List.copyOf(block));
    }
    List<ParameterSpec> output = new ArrayList<>(layout.output());
    if (configuration.tiedHead()) {
      output.add(embedding);
    }
    stages.add(List.copyOf(output));
    return new ModelStages(List.copyOf(stages));
  }

  /** The number of stages. */
  public int count() {
    return stages.size();
  }

  /** The number of blocks. */
  public int blocks() {
    return stages.size() - 2;
  }

  /** The stage of a block, from 0. */
  public int block(int layer) {
    return EMBEDDING + 1 + layer;
  }

  /** The stage of the last normalization and the head. */
  public int output() {
    return stages.size() - 1;
  }

  /** The parameters of a stage in the order it takes them. A tied head is in two stages. */
  public List<ParameterSpec> specs(int stage) {
    return stages.get(stage);
  }

  /** Whether a stage multiplies with one of its parameters, in the precision of products. */
  public static boolean multiplied(int stage, ParameterSpec parameter) {
    return stage != EMBEDDING && parameter.role() != Role.VECTOR;
  }
}
