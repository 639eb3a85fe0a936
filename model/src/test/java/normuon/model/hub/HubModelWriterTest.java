package normuon.model.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.offset;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import normuon.model.Gpt;
import normuon.model.GptConfiguration;
import normuon.model.GptConfiguration.Mlp;
import normuon.model.text.HuggingFaceTokenizer;
import normuon.model.text.Tokenizer;
import normuon.model.text.TokenizerJson;
import normuon.model.text.Tokenizers;
import normuon.torch.ParameterSpec;
import normuon.torch.TorchRuntime;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Models of ours, against another program's forward pass over the folder. */
class HubModelWriterTest {

  private static final long[] IDS = {72, 0, 256, 101, 101, 33};

  @TempDir private Path folder;

  @ParameterizedTest
  @CsvSource({
    "false, false, 4, F32, 1e-4",
    "true, false, 4, F32, 1e-4",
    "true, true, 4, F32, 1e-4",
    "true, true, 10, F32, 1e-4",
    "false, true, 4, BF16, 1e-4",
    "false, true, 2, BF16, 1e-4",
    "true, false, 4, F16, 1e-4"
  })
  void anotherImplementationGivesTheSameLogits(
      boolean queryKeyNorm, boolean tied, int headWidth, WeightType type, double tolerance)
      throws Exception {
    write(shape(queryKeyNorm, tied, headWidth), type, Long.MAX_VALUE);

    double[][] expected = Python.logits(folder, IDS);
    float[][] found = HubModelTest.logits(folder, IDS);
    for (int t = 0; t < IDS.length; t++) {
      for (int token = 0; token < 257; token++) {
        assertThat((double) found[t][token]).isCloseTo(expected[t][token], offset(tolerance));
      }
    }
  }

  @Test
  void weightsComeBackBitByBit() throws IOException {
    GptConfiguration shape = shape(true, false);
    try (NDManager manager = TorchRuntime.newManager();
        Gpt written = Gpt.create(manager, shape, 5)) {
      writer(WeightType.F32, 20_000).write(shape, new ModelWeights(written), byteTokenizer());
      try (HubModel stored = HubModel.open(new LocalFolder(folder));
          Gpt read = Gpt.create(manager, stored.configuration(), 6)) {
        ModelWeights.load(read, stored);
        for (int i = 0; i < read.parameters().size(); i++) {
          assertThat(read.parameters().get(i).toFloatArray())
              .isEqualTo(written.parameters().get(i).toFloatArray());
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource(WeightType.class)
  void rowsAreReadByThemselves(WeightType type) throws IOException {
    GptConfiguration shape = shape(true, false);
    write(shape, type, Long.MAX_VALUE);

    try (NDManager manager = TorchRuntime.newManager();
        HubModel stored = HubModel.open(new LocalFolder(folder))) {
      for (ParameterSpec spec : Gpt.specs(shape)) {
        float[] whole = new float[(int) spec.elements()];
        long third = spec.rows() / 3;
        for (long[] range : new long[][] {{0, third}, {third, third}, {third, spec.rows()}}) {
          NDArray rows = manager.zeros(new Shape(range[1] - range[0], spec.columns()));
          stored.read(spec, range[0], range[1], rows);
          float[] found = rows.toFloatArray();
          System.arraycopy(found, 0, whole, (int) (range[0] * spec.columns()), found.length);
        }
        NDArray expected = manager.zeros(new Shape(spec.shape()));
        stored.read(spec, expected);
        assertThat(whole).as("%s", spec).isEqualTo(expected.toFloatArray());
        assertThat(whole).as("%s", spec).isNotEqualTo(new float[whole.length]);
      }
    }
  }

  @Test
  void anArrayOfOtherRowsIsRefused() throws IOException {
    write(shape(true, false), WeightType.F32, Long.MAX_VALUE);
    ParameterSpec embedding = Gpt.specs(shape(true, false)).get(0);

    try (NDManager manager = TorchRuntime.newManager();
        HubModel stored = HubModel.open(new LocalFolder(folder))) {
      assertThatThrownBy(() -> stored.read(embedding, 3, 5, manager.zeros(new Shape(3, 16))))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageStartingWith("Invalid array of shape (3, 16) for rows 3 to 5 of model.embed")
          .hasMessageEndingWith(": must have 2 rows of 16");
    }
  }

  @Test
  void weightsAreCutPastASize() throws IOException {
    write(shape(false, true), WeightType.BF16, 8_000);

    List<Path> files;
    try (var list = Files.list(folder)) {
      files = list.filter(file -> file.toString().endsWith(".safetensors")).sorted().toList();
    }
    assertThat(files).hasSizeGreaterThan(2);
    assertThat(files.get(0).getFileName())
        .hasToString("model-00001-of-%05d.safetensors".formatted(files.size()));
    JsonObject index =
        JsonParser.parseString(Files.readString(folder.resolve("model.safetensors.index.json")))
            .getAsJsonObject();
    long bytes =
        Gpt.specs(shape(false, true)).stream().mapToLong(spec -> spec.elements() * 2).sum();
    assertThat(index.getAsJsonObject("metadata").get("total_size").getAsLong()).isEqualTo(bytes);
    assertThat(index.getAsJsonObject("weight_map").keySet())
        .contains("model.embed_tokens.weight")
        .doesNotContain("lm_head.weight");
    // The embedding alone is larger than a file may be, and has one to itself.
    for (Path file : files.subList(1, files.size())) {
      assertThat(Files.size(file)).isLessThan(8_000 + 2_000);
    }
  }

  /** A matrix of 77 MB is read in pieces, and each row of it once. */
  @Test
  void weightsAreReadAFewMegabytesAtATime() throws IOException {
    GptConfiguration wide =
        new GptConfiguration(300_000, 1, 1, 1, 0, 64, 8, Mlp.SWIGLU, 8, false, true, 1e4, 1e-6);
    List<Integer> blocks = new ArrayList<>();
    WeightSource zeros =
        new WeightSource() {
          @Override
          public void readRows(String name, long start, long end, ByteBuffer destination) {
            blocks.add(destination.remaining());
            destination.position(destination.limit());
          }

          @Override
          public void close() {}
        };
    writer(WeightType.BF16, Long.MAX_VALUE).write(wide, zeros, byteTokenizer());

    long bytes = Gpt.specs(wide).stream().mapToLong(spec -> spec.elements() * 4).sum();
    assertThat(blocks.stream().mapToLong(Integer::longValue).sum()).isEqualTo(bytes);
    assertThat(blocks).allMatch(block -> block <= 4 << 20);
    assertThat(Files.size(folder.resolve("model.safetensors")))
        .isBetween(bytes / 2, bytes / 2 + 2_000);
  }

  @ParameterizedTest
  @CsvSource({
    "1e7, F16, '65504, the largest number of f16'",
    "3.4e38, BF16, '3.39e38, the largest number of bf16'"
  })
  void whatIsTooLargeForATypeIsRefused(float weight, WeightType type, String largest)
      throws IOException {
    GptConfiguration shape = shape(false, false);
    try (NDManager manager = TorchRuntime.newManager();
        Gpt model = Gpt.create(manager, shape, 5)) {
      model.parameters().get(0).set(new NDIndex("0, 0"), weight);

      assertThatThrownBy(
              () ->
                  writer(type, Long.MAX_VALUE)
                      .write(shape, new ModelWeights(model), byteTokenizer()))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage(
              "Cannot write model.embed_tokens.weight as %s: the weight %s is beyond %s",
              type, weight, largest);
      assertThat(folder.resolve("config.json")).doesNotExist();
    }
  }

  @Test
  void theFilesBesideTheWeightsNameTheEndOfText() throws IOException {
    write(shape(false, false), WeightType.F32, Long.MAX_VALUE);

    JsonObject tokenizer = json("tokenizer_config.json");
    assertThat(tokenizer.get("eos_token").getAsString()).isEqualTo("<|endoftext|>");
    assertThat(tokenizer.get("model_max_length").getAsInt()).isEqualTo(12);
    assertThat(tokenizer.get("tokenizer_class").getAsString()).isEqualTo("PreTrainedTokenizerFast");
    assertThat(json("generation_config.json").get("eos_token_id").getAsInt()).isEqualTo(256);
    try (HubModel model = HubModel.open(new LocalFolder(folder))) {
      assertThat(model.tokenizer().orElseThrow().encode("Hé")).containsExactly(72, 0xc3, 0xa9);
    }
  }

  /** As Llama 2 has them, whose tokenizer.json does not say which token begins a text. */
  @Test
  void theSpecialTokensOfAnotherModelStayItsOwn(@TempDir Path copy) throws IOException {
    GptConfiguration shape = shape(false, false);
    write(shape, WeightType.F32, Long.MAX_VALUE);
    JsonObject published = json("config.json");
    published.addProperty("bos_token_id", 1);
    published.add("eos_token_id", JsonParser.parseString("[2, 3]"));
    published.remove("pad_token_id");
    Files.writeString(folder.resolve("config.json"), published.toString());
    Files.writeString(folder.resolve("tokenizer_config.json"), "{\"bos_token\": \"<s>\"}");
    Files.delete(folder.resolve("generation_config.json"));

    try (HubModel model = HubModel.open(new LocalFolder(folder))) {
      new HubModelWriter(new LocalFolder(copy), WeightType.BF16, Long.MAX_VALUE)
          .write(shape, model, model.tokenizer().orElseThrow(), model.specialTokens());
    }

    for (String file : new String[] {"config.json", "generation_config.json"}) {
      JsonObject written =
          JsonParser.parseString(Files.readString(copy.resolve(file))).getAsJsonObject();
      assertThat(written.get("bos_token_id")).as(file).hasToString("1");
      assertThat(written.get("eos_token_id")).as(file).hasToString("[2,3]");
      assertThat(written.has("pad_token_id")).as(file).isFalse();
    }
    assertThat(copy.resolve("tokenizer_config.json")).hasContent("{\"bos_token\": \"<s>\"}");
  }

  @Test
  void whatBeginsATextOfATokenizerFileIsLeftOpen() throws IOException {
    GptConfiguration shape = shape(false, false);
    Tokenizer ofFile = HuggingFaceTokenizer.ofJson(TokenizerJson.of(byteTokenizer()));
    try (NDManager manager = TorchRuntime.newManager();
        Gpt model = Gpt.create(manager, shape, 5)) {
      writer(WeightType.F32, Long.MAX_VALUE).write(shape, new ModelWeights(model), ofFile);
    }

    assertThat(json("config.json").get("bos_token_id").isJsonNull()).isTrue();
    assertThat(json("config.json").get("eos_token_id").getAsInt()).isEqualTo(256);
    assertThat(json("tokenizer_config.json").has("bos_token")).isFalse();
  }

  private void write(GptConfiguration shape, WeightType type, long shardBytes) throws IOException {
    try (NDManager manager = TorchRuntime.newManager();
        Gpt model = Gpt.create(manager, shape, 5)) {
      // Far from the small weights of a first step, so that every part of the model counts.
      model.parameters().forEach(parameter -> parameter.muli(6f));
      writer(type, shardBytes).write(shape, new ModelWeights(model), byteTokenizer());
    }
  }

  private HubModelWriter writer(WeightType type, long shardBytes) {
    return new HubModelWriter(new LocalFolder(folder), type, shardBytes);
  }

  private static Tokenizer byteTokenizer() {
    return Tokenizers.byName("byte");
  }

  private JsonObject json(String file) throws IOException {
    return JsonParser.parseString(Files.readString(folder.resolve(file))).getAsJsonObject();
  }

  private static GptConfiguration shape(boolean queryKeyNorm, boolean tied) {
    return shape(queryKeyNorm, tied, 4);
  }

  private static GptConfiguration shape(boolean queryKeyNorm, boolean tied, int headWidth) {
    return new GptConfiguration(
        257, 2, 4, 2, headWidth, 16, 12, Mlp.SWIGLU, 28, queryKeyNorm, tied, 1e4, 1e-6);
  }
}
