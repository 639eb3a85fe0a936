package normuon.job.train;

import java.io.EOFException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import normuon.job.checkpoint.HadoopFolder;
import normuon.job.config.InitializationSettings.State;
import normuon.job.config.InvalidConfigurationException;
import normuon.job.config.RunConfiguration;
import normuon.job.data.TokenManifest;
import normuon.model.GptConfiguration;
import normuon.model.hub.HubFiles;
import normuon.model.hub.HubModel;
import normuon.model.hub.InvalidModelException;
import normuon.model.text.TokenizerJson;
import normuon.model.text.Tokenizers;
import normuon.optimizer.shard.RowShard;
import normuon.torch.ParameterSpec;
import normuon.torch.SafetensorsException;
import org.apache.hadoop.fs.Path;

/**
 * A model of Hugging Face's layout, which a run starts from.
 *
 * @param files its folder, fully qualified
 */
record InitialHubModel(HadoopFolder files) implements InitialModel {

  @Override
  public Path folder() {
    return files.path();
  }

  @Override
  public List<String> requireFit(
      RunConfiguration run,
      GptConfiguration model,
      TokenManifest tokens,
      ShardVerification verification) {
    if (run.initialization().state() != State.WEIGHTS) {
      throw new InvalidConfigurationException(
          "Invalid initialization.state weights_and_optimizer: %s has weights alone; must be weights"
              .formatted(run.initialization().checkpoint()));
    }
    try (HubModel stored = HubModel.open(files)) {
      requireShape(run, model, stored.configuration());
      stored.requireTiedHead();
      return requireTokenizer(run, tokens, stored.tokenizerJson());
    } catch (FileNotFoundException
        | EOFException
        | InvalidModelException
        | SafetensorsException
        | IllegalArgumentException unfit) {
      throw InitialModel.invalid(run.initialization(), unfit.getMessage());
    } catch (IOException unreachable) {
      throw new UncheckedIOException("Cannot read " + files, unreachable);
    }
  }

  private static void requireShape(
      RunConfiguration run, GptConfiguration here, GptConfiguration there) {
    List<String> differences = new ArrayList<>();
    compare(differences, "vocabulary size", here.vocabularySize(), there.vocabularySize());
    compare(differences, "model.layers", here.layers(), there.layers());
    compare(differences, "model.heads", here.heads(), there.heads());
    compare(differences, "model.key_value_heads", here.keyValueHeads(), there.keyValueHeads());
    compare(differences, "model.head_width", here.headWidth(), there.headWidth());
    compare(differences, "model.width", here.width(), there.width());
    compare(differences, "model.mlp", here.mlp(), there.mlp());
    compare(differences, "model.mlp_width", here.mlpWidth(), there.mlpWidth());
    compare(differences, "model.query_key_norm", here.queryKeyNorm(), there.queryKeyNorm());
    compare(differences, "model.tied_head", here.tiedHead(), there.tiedHead());
    compare(differences, "model.rotary_base", here.rotaryBase(), there.rotaryBase());
    compare(differences, "model.norm_epsilon", here.normEpsilon(), there.normEpsilon());
    if (!differences.isEmpty()) {
      throw InitialModel.invalid(
          run.initialization(), String.join(", ", differences) + "; must be equal");
    }
  }

  private static void compare(List<String> differences, String key, Object here, Object there) {
    if (!here.equals(there)) {
      differences.add("%s is %s there and %s here".formatted(key, there, here));
    }
  }

  private List<String> requireTokenizer(
      RunConfiguration run, TokenManifest tokens, Optional<String> json) {
    if (json.isEmpty()) {
      return List.of(
          "Cannot compare the tokenizer of %s with that of the tokens (%s): it has no %s"
              .formatted(files, tokens.tokenizer().name(), HubFiles.TOKENIZER));
    }
    TokenizerJson.difference(Tokenizers.of(tokens.tokenizer()), json.get())
        .ifPresent(
            difference -> {
              throw InitialModel.invalid(run.initialization(), difference + "; must be equal");
            });
    return List.of();
  }

  @Override
  public Progress progress(RunConfiguration run) {
    return Progress.START;
  }

  @Override
  public void read(State taken, RankState state) throws IOException {
    try (HubModel stored = HubModel.open(files)) {
      List<ParameterSpec> parameters = state.specs();
      for (int i = 0; i < parameters.size(); i++) {
        ParameterSpec parameter = parameters.get(i);
        RowShard rows = state.weights().rows(parameter);
        stored.read(parameter, rows.start(), rows.end(), state.weights().arrays().get(i));
      }
    }
  }
}
