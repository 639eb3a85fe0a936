package normuon.job.export;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import normuon.job.checkpoint.CheckpointManifest;
import normuon.job.checkpoint.CheckpointReader;
import normuon.job.checkpoint.CheckpointStore;
import normuon.job.checkpoint.HadoopFolder;
import normuon.job.config.InvalidConfigurationException;
import normuon.job.config.Location;
import normuon.job.data.JsonFile;
import normuon.job.export.ExportManifest.ExportedFile;
import normuon.job.inference.TrainedModel;
import normuon.job.inference.TrainedModel.TrainingText;
import normuon.job.report.EvaluationRecord;
import normuon.job.report.MetricsLog;
import normuon.job.report.RunDirectory;
import normuon.model.Gpt;
import normuon.model.hub.HubFiles;
import normuon.model.hub.HubModel;
import normuon.model.hub.HubModelWriter;
import normuon.model.hub.InvalidModelException;
import normuon.model.hub.SpecialTokens;
import normuon.model.hub.WeightSource;
import normuon.model.hub.WeightType;
import normuon.torch.ParameterSpec;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * Writes a trained model to a folder that Hugging Face's libraries load. All is written beside the
 * folder first, which then takes its name: there is the whole model or none.
 */
public final class ModelExport {

  private final WeightType type;
  private final long shardBytes;
  private final Configuration hadoop;

  /**
   * Creates the export.
   *
   * @param type what weights are rounded to
   * @param shardBytes the most bytes of weights in a file
   * @param hadoop how file systems are reached
   */
  public ModelExport(WeightType type, long shardBytes, Configuration hadoop) {
    this.type = type;
    this.shardBytes = shardBytes;
    this.hadoop = hadoop;
  }

  /**
   * Exports a model, once it is verified.
   *
   * @param source a run directory, for its newest whole checkpoint, a checkpoint's folder, or a
   *     folder with a config.json
   * @param output the folder to write; replaced if it is an export, made if it does not exist;
   *     empty for {@code export} in the run directory
   * @return what was written, a line each
   * @throws InvalidConfigurationException if there is no whole model, transformers has no
   *     architecture for it, or the folder is something else
   * @throws UncheckedIOException if a file cannot be read or written
   */
  public List<String> run(String source, Optional<String> output) {
    TrainedModel model = TrainedModel.open(source, hadoop);
    Path folder =
        output
            .map(Location::of)
            .or(() -> model.training().map(run -> new Path(run.directory(), "export")))
            .orElseThrow(
                () ->
                    new InvalidConfigurationException(
                        "Invalid command line: --output is missing, as %s is in no run directory"
                            .formatted(source)));
    try {
      return ExportText.lines(folder, model.shape(), write(model, folder));
    } catch (InvalidModelException invalid) {
      throw new InvalidConfigurationException(
          "Cannot export %s: %s".formatted(source, invalid.getMessage()), invalid);
    } catch (IOException failed) {
      throw new UncheckedIOException("Cannot export %s to %s".formatted(source, folder), failed);
    }
  }

  private ExportManifest write(TrainedModel model, Path output) throws IOException {
    FileSystem fileSystem = Location.fileSystem(output, hadoop);
    return new FolderReplacement(fileSystem, output)
        .write(folder -> writeFiles(model, new HadoopFolder(fileSystem, folder)));
  }

  private ExportManifest writeFiles(TrainedModel model, HadoopFolder files) throws IOException {
    Optional<CheckpointManifest> checkpoint = writeModel(model, files);
    ExportManifest manifest = manifest(model, checkpoint, files(files.fileSystem(), files.path()));
    String name = model.training().map(TrainingText::directory).orElse(model.folder()).getName();
    files.writeText(HubFiles.MODEL_CARD, new ModelCard(name, model.shape(), manifest).text());
    files.writeText(ExportManifest.FILE_NAME, JsonFile.text(manifest));
    return manifest;
  }

  /**
   * Writes what Hugging Face's libraries load.
   *
   * @return what the model's checkpoint says of itself; empty if it is of their layout already
   */
  private Optional<CheckpointManifest> writeModel(TrainedModel model, HadoopFolder target)
      throws IOException {
    FileSystem fileSystem = Location.fileSystem(model.folder(), hadoop);
    HadoopFolder source = new HadoopFolder(fileSystem, model.folder());
    Optional<CheckpointManifest> checkpoint =
        HubModel.isIn(source)
            ? Optional.empty()
            : Optional.of(CheckpointStore.readManifest(fileSystem, model.folder()));
    try (WeightSource weights =
        checkpoint.isEmpty()
            ? HubModel.open(source)
            : CheckpointReader.open(fileSystem, model.folder(), checkpoint.get())) {
      SpecialTokens tokens =
          weights instanceof HubModel stored
              ? stored.specialTokens()
              : SpecialTokens.of(model.tokenizer());
      new HubModelWriter(target, type, shardBytes)
          .write(model.shape(), weights, model.tokenizer(), tokens);
      return checkpoint;
    } catch (IllegalArgumentException impossible) {
      throw new InvalidConfigurationException(impossible.getMessage(), impossible);
    }
  }

  private ExportManifest manifest(
      TrainedModel model, Optional<CheckpointManifest> checkpoint, List<ExportedFile> files) {
    Optional<EvaluationRecord> evaluation = checkpoint.flatMap(of -> evaluation(model, of.step()));
    return new ExportManifest(
        ExportManifest.FORMAT,
        model.folder().toString(),
        checkpoint.map(CheckpointManifest::step).orElse(null),
        checkpoint.map(CheckpointManifest::tokens).orElse(null),
        evaluation.map(EvaluationRecord::validationLoss).orElse(null),
        evaluation.map(EvaluationRecord::validationTokens).orElse(null),
        type.toString(),
        Gpt.specs(model.shape()).stream().mapToLong(ParameterSpec::elements).sum(),
        files,
        checkpoint.map(CheckpointManifest::provenance).orElse(Map.of()),
        checkpoint.map(CheckpointManifest::configuration).orElse(Map.of()));
  }

  /** What the run's log says of a step. */
  private Optional<EvaluationRecord> evaluation(TrainedModel model, long step) {
    return model.training().stream()
        .map(run -> new RunDirectory(run.directory(), hadoop))
        .flatMap(run -> MetricsLog.evaluations(run).stream())
        .filter(evaluation -> evaluation.step() == step)
        .findFirst();
  }

  private static List<ExportedFile> files(FileSystem fileSystem, Path folder) throws IOException {
    List<ExportedFile> files = new ArrayList<>();
    for (FileStatus file : fileSystem.listStatus(folder)) {
      files.add(new ExportedFile(file.getPath().getName(), file.getLen()));
    }
    return files.stream().sorted(Comparator.comparing(ExportedFile::file)).toList();
  }
}
