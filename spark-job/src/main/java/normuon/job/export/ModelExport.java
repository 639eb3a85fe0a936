package normuon.job.export;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import normuon.job.checkpoint.CheckpointInspection;
import normuon.job.checkpoint.CheckpointManifest;
import normuon.job.checkpoint.CheckpointReport;
import normuon.job.checkpoint.HadoopFolder;
import normuon.job.config.InvalidConfigurationException;
import normuon.job.config.Location;
import normuon.job.data.JsonFile;
import normuon.job.export.ExportManifest.ExportedFile;
import normuon.job.report.EvaluationRecord;
import normuon.job.report.MetricsLog;
import normuon.job.report.RunDirectory;
import normuon.model.Gpt;
import normuon.model.hub.HubFiles;
import normuon.model.hub.HubModelWriter;
import normuon.model.hub.WeightType;
import normuon.model.text.Tokenizer;
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
   * Writes a model.
   *
   * @param output the folder; replaced if it is an export, made if it does not exist
   * @return what was written
   * @throws InvalidConfigurationException if the folder is something else, or the model is damaged,
   *     has no tokenizer, or is none that transformers has an architecture for
   */
  ExportManifest write(TrainedModel model, Path output) throws IOException {
    FileSystem fileSystem = Location.fileSystem(output, hadoop);
    requireReplaceable(fileSystem, output);
    requireWhole(model);
    Tokenizer tokenizer =
        model
            .tokenizer()
            .orElseThrow(
                () ->
                    new InvalidConfigurationException(
                        "Cannot export %s: the tokenizer of its model is not there any more"
                            .formatted(model.folder())));
    Path unfinished = new Path(output.getParent(), "_" + output.getName() + ".unfinished");
    fileSystem.delete(unfinished, true);
    fileSystem.mkdirs(unfinished);
    HadoopFolder files = new HadoopFolder(fileSystem, unfinished);
    try {
      new HubModelWriter(files, type, shardBytes)
          .write(model.configuration(), model.weights(), tokenizer);
    } catch (IllegalArgumentException impossible) {
      fileSystem.delete(unfinished, true);
      throw new InvalidConfigurationException(impossible.getMessage(), impossible);
    }
    ExportManifest manifest = manifest(model, files(fileSystem, unfinished));
    String name = runDirectory(model).map(Path::getName).orElse(model.folder().getName());
    files.writeText(
        HubFiles.MODEL_CARD, new ModelCard(name, model.configuration(), manifest).text());
    files.writeText(ExportManifest.FILE_NAME, JsonFile.text(manifest));
    fileSystem.delete(output, true);
    if (!fileSystem.rename(unfinished, output)) {
      throw new IOException("Cannot rename " + unfinished + " to " + output);
    }
    return manifest;
  }

  private static void requireReplaceable(FileSystem fileSystem, Path output) throws IOException {
    if (fileSystem.exists(output)
        && (!fileSystem.getFileStatus(output).isDirectory()
            || fileSystem.listStatus(output).length > 0)
        && !fileSystem.exists(new Path(output, ExportManifest.FILE_NAME))) {
      throw new InvalidConfigurationException(
          "Cannot export to %s: it exists and is no earlier export, as it has no %s"
              .formatted(output, ExportManifest.FILE_NAME));
    }
  }

  private void requireWhole(TrainedModel model) throws IOException {
    if (model.checkpoint().isEmpty()) {
      return;
    }
    FileSystem fileSystem = Location.fileSystem(model.folder(), hadoop);
    for (CheckpointReport report :
        CheckpointInspection.ofEveryByte(fileSystem).inspect(model.folder())) {
      if (report.state() != CheckpointReport.State.WHOLE) {
        throw new InvalidConfigurationException(
            "Cannot export %s: it is damaged: %s"
                .formatted(model.folder(), String.join("; ", report.damages())));
      }
    }
  }

  private ExportManifest manifest(TrainedModel model, List<ExportedFile> files) {
    Optional<CheckpointManifest> checkpoint = model.checkpoint();
    Optional<EvaluationRecord> evaluation = evaluation(model);
    return new ExportManifest(
        ExportManifest.FORMAT,
        model.folder().toString(),
        checkpoint.map(CheckpointManifest::step).orElse(null),
        checkpoint.map(CheckpointManifest::tokens).orElse(null),
        evaluation.map(EvaluationRecord::validationLoss).orElse(null),
        evaluation.map(EvaluationRecord::validationTokens).orElse(null),
        type.toString(),
        Gpt.specs(model.configuration()).stream().mapToLong(ParameterSpec::elements).sum(),
        files,
        checkpoint.map(CheckpointManifest::provenance).orElse(Map.of()),
        checkpoint.map(CheckpointManifest::configuration).orElse(Map.of()));
  }

  /** What the run's log says of the checkpoint's step. */
  private Optional<EvaluationRecord> evaluation(TrainedModel model) {
    return runDirectory(model).stream()
        .flatMap(run -> MetricsLog.evaluations(new RunDirectory(run, hadoop)).stream())
        .filter(evaluation -> evaluation.step() == model.checkpoint().orElseThrow().step())
        .findFirst();
  }

  /** The directory of the run that a checkpoint lies in. */
  static Optional<Path> runDirectory(TrainedModel model) {
    return model.checkpoint().map(checkpoint -> model.folder().getParent().getParent());
  }

  private static List<ExportedFile> files(FileSystem fileSystem, Path folder) throws IOException {
    List<ExportedFile> files = new ArrayList<>();
    for (FileStatus file : fileSystem.listStatus(folder)) {
      files.add(new ExportedFile(file.getPath().getName(), file.getLen()));
    }
    return files.stream().sorted(Comparator.comparing(ExportedFile::file)).toList();
  }

  /**
   * Exports a model.
   *
   * @param source a run directory, a checkpoint's folder, or a folder with a config.json
   * @param output the folder to write; empty for {@code export} in the run directory
   * @return what was written, a line each
   * @throws InvalidConfigurationException if the one cannot be exported, or not to the other
   * @throws IOException if a file cannot be read or written
   */
  public List<String> run(String source, Optional<String> output) throws IOException {
    try (TrainedModel model = TrainedModel.open(source, hadoop)) {
      Path folder =
          output
              .map(Location::of)
              .or(() -> runDirectory(model).map(run -> new Path(run, "export")))
              .orElseThrow(
                  () ->
                      new InvalidConfigurationException(
                          "Invalid command line: --output is missing, as %s is in no run directory"
                              .formatted(source)));
      return ExportText.lines(folder, model.configuration(), write(model, folder));
    }
  }
}
