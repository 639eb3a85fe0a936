package normuon.model.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.offset;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import normuon.model.Gpt;
import normuon.model.GptConfiguration;
import normuon.model.GptConfiguration.Mlp;
import normuon.torch.TorchRuntime;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Models that another program wrote, against another program's forward pass. */
class HubModelTest {

  private static final long[] IDS = {3, 0, 12, 7, 7, 1, 5, 11, 2};

  @TempDir private Path folder;

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          'architecture':'llama','dtype':'F32'
          'architecture':'llama','dtype':'F32','config':{'tie_word_embeddings':true}
          'architecture':'llama','dtype':'BF16','files':3,'config':{'num_key_value_heads':6}
          'architecture':'llama','dtype':'F64','config':{'num_key_value_heads':1,'rms_norm_eps':1e-3}
          'architecture':'qwen3','dtype':'F32'
          'architecture':'qwen3','dtype':'F16','files':2,'config':{'tie_word_embeddings':true,'rope_theta':1000000.0}
          'architecture':'qwen3','dtype':'BF16','config':{'num_key_value_heads':3}
          'architecture':'qwen3','dtype':'F32','config':{'head_dim':10}
          'architecture':'qwen3','dtype':'BF16','config':{'head_dim':2,'num_attention_heads':4,'tie_word_embeddings':true}
          'architecture':'llama','dtype':'F32','config':{'head_dim':6,'num_attention_heads':5,'num_key_value_heads':1}
          """)
  void logitsAreThoseOfAnotherImplementation(String options) throws Exception {
    Python.write(folder, "{" + options + "}");

    double[][] expected = Python.logits(folder, IDS);
    float[][] found = logits(folder, IDS);

    assertThat(found).hasNumberOfRows(IDS.length);
    double largest = 0;
    for (int t = 0; t < IDS.length; t++) {
      for (int token = 0; token < 13; token++) {
        assertThat((double) found[t][token]).isCloseTo(expected[t][token], offset(1e-5));
        largest = Math.max(largest, Math.abs(expected[t][token]));
      }
    }
    assertThat(largest).as("logits worth comparing").isGreaterThan(0.5);
  }

  @Test
  void theConfigurationIsThatOfTheFile() throws Exception {
    Python.write(folder, "{'architecture':'qwen3','dtype':'F32'}");

    try (HubModel model = HubModel.open(new LocalFolder(folder))) {
      assertThat(model.configuration())
          .isEqualTo(
              new GptConfiguration(13, 2, 6, 2, 0, 24, 16, Mlp.SWIGLU, 20, true, false, 500, 1e-5));
      assertThat(model.tokenizer()).isEmpty();
    }
  }

  @Test
  void aTiedHeadMayBeStoredAsLongAsItIsTheEmbedding() throws Exception {
    String tied = "'config':{'tie_word_embeddings':true}";
    Python.write(
        folder,
        "{'architecture':'llama','dtype':'F32','extra':['lm_head.weight'],%s}".formatted(tied));

    try (HubModel model = HubModel.open(new LocalFolder(folder))) {
      model.requireTiedHead();
    }
    // The copy is the last of the file.
    try (RandomAccessFile file =
        new RandomAccessFile(folder.resolve("model.safetensors").toFile(), "rw")) {
      file.seek(file.length() - 1);
      int last = file.read();
      file.seek(file.length() - 1);
      file.write(last ^ 1);
    }
    try (HubModel model = HubModel.open(new LocalFolder(folder))) {
      assertThatThrownBy(model::requireTiedHead)
          .isInstanceOf(InvalidModelException.class)
          .hasMessageContaining("lm_head.weight differs from model.embed_tokens.weight in rows 0");
    }
  }

  @Test
  void rotaryFrequenciesOfOldFilesAreIgnored() throws Exception {
    Python.write(
        folder,
        "{'architecture':'llama','dtype':'F32',"
            + "'extra':['model.layers.0.self_attn.rotary_emb.inv_freq']}");

    HubModel.open(new LocalFolder(folder)).close();
  }

  @Test
  void everyTensorThatDoesNotFitIsNamed() throws Exception {
    Python.write(
        folder,
        "{'architecture':'llama','dtype':'F32','extra':['visual.a','visual.b'],"
            + "'config':{'tie_word_embeddings':true}}");
    replace("config.json", "\"tie_word_embeddings\": true", "\"tie_word_embeddings\": false");
    replace("config.json", "\"intermediate_size\": 20", "\"intermediate_size\": 21");
    replace("config.json", "\"model_type\": \"llama\"", "\"model_type\": \"qwen3\"");
    replace("config.json", "LlamaForCausalLM", "Qwen3ForCausalLM");

    assertThatThrownBy(() -> HubModel.open(new LocalFolder(folder)))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageStartingWith("Invalid weights in " + folder.getFileName() + ": ")
        .hasMessageContainingAll(
            "model.layers.0.mlp.gate_proj.weight F32[20, 24] must have the shape [21, 24]",
            "model.layers.1.mlp.down_proj.weight F32[24, 20] must have the shape [24, 21]",
            "missing are model.layers.0.self_attn.q_norm.weight,"
                + " model.layers.0.self_attn.k_norm.weight, model.layers.1",
            ", lm_head.weight; not expected are visual.a, visual.b");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          model-00002-of-00002.safetensors | ../secret.safetensors            | "../secret.safetensors" is not the name of a file beside it
          model-00002-of-00002.safetensors | model-00003-of-00002.safetensors | model-00003-of-00002.safetensors does not exist
          model.norm.weight                | model.norm.bias                  | has no model.norm.bias
          weight_map                       | weights                          | it has no weight_map
          {                                | [                                | it is no JSON object with a weight_map
          """)
  void anIndexThatIsNotThatOfTheFilesIsRefused(String text, String other, String reason)
      throws Exception {
    Python.write(folder, "{'architecture':'llama','dtype':'F32','files':2}");
    replace("model.safetensors.index.json", text, other);

    assertThatThrownBy(() -> HubModel.open(new LocalFolder(folder)))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageStartingWith("Invalid model.safetensors.index.json: ")
        .hasMessageContaining(reason);
  }

  @Test
  void aWeightBeyondSinglePrecisionIsRefused() throws Exception {
    Python.write(folder, "{'architecture':'llama','dtype':'F64'}");
    try (RandomAccessFile file =
        new RandomAccessFile(folder.resolve("model.safetensors").toFile(), "rw")) {
      file.seek(file.length() - Double.BYTES);
      file.writeLong(Long.reverseBytes(Double.doubleToLongBits(1e300)));
    }

    assertThatThrownBy(() -> logits(folder, IDS))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageMatching(
            "Cannot read (model|lm_head)[a-z_.0-9]*: the weight 1.0E300 is beyond 3.4028235E38, the"
                + " largest float32");
  }

  @Test
  void aFolderWithoutWeightsOrWithMalformedOnesIsRefused() throws Exception {
    Python.write(folder, "{'architecture':'llama','dtype':'F32'}");
    Path weights = folder.resolve("model.safetensors");
    byte[] bytes = Files.readAllBytes(weights);
    Files.write(weights, Arrays.copyOf(bytes, bytes.length - 1));
    assertThatThrownBy(() -> HubModel.open(new LocalFolder(folder)))
        .hasMessageStartingWith("model.safetensors: Invalid safetensors file: its tensors need");

    Files.delete(weights);
    assertThatThrownBy(() -> HubModel.open(new LocalFolder(folder)))
        .hasMessage(
            "Cannot find weights in %s: neither model.safetensors nor model.safetensors.index.json"
                    .formatted(folder.getFileName())
                + " exists");
  }

  private void replace(String file, String text, String other) throws IOException {
    String before = Files.readString(folder.resolve(file));
    assertThat(before).contains(text);
    Files.writeString(folder.resolve(file), before.replace(text, other));
  }

  static float[][] logits(Path folder, long[] ids) throws IOException {
    try (NDManager manager = TorchRuntime.newManager();
        HubModel stored = HubModel.open(new LocalFolder(folder));
        Gpt model = Gpt.create(manager, stored.configuration(), 1)) {
      ModelWeights.load(model, stored);
      NDArray logits = model.logits(manager.create(ids, new Shape(1, ids.length)));
      float[] flat = logits.toFloatArray();
      int vocabulary = stored.configuration().vocabularySize();
      float[][] rows = new float[ids.length][];
      for (int t = 0; t < ids.length; t++) {
        rows[t] = Arrays.copyOfRange(flat, t * vocabulary, (t + 1) * vocabulary);
      }
      return rows;
    }
  }
}
